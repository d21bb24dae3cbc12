import { ShapeError, type Tensor } from "@tsuki/core";
import { checkNumber } from "./check-number.ts";
import {
  GroupedOptimizer,
  type GroupInput,
  type GroupOptions,
  type OptimizerKind,
  type ParameterGroup,
  type Ready,
} from "./grouped-optimizer.ts";
import { mapStacked, matricesOf } from "./matrices.ts";
import { type NewtonSchulzOptions, newtonSchulz } from "./newton-schulz.ts";
import type { Parameters } from "./parameters.ts";
import { type ScaleRule, scaleRule, type scaleRules } from "./update-scale.ts";

export interface MuonOptions extends GroupOptions {
  /** μ; default: 0.95. */
  momentum: number;
  /**
   * `"sum"`: M ← μ·M + G (Moonlight), or `"ema"`: M ← μ·M + (1 − μ)·G (Keller Jordan, torch); default: `"sum"`. The
   * directions are the same, buffers in checkpoints differ by the factor 1 − μ.
   */
  momentumForm: "sum" | "ema";
  /** Look ahead by one step of momentum; default: true. */
  nesterov: boolean;
  /** The factor s on the orthogonalised update, by name or as a function; default: `"moonlight"`. */
  scale: keyof typeof scaleRules | ScaleRule;
  /** Steps, coefficients and eps of the iteration. */
  newtonSchulz: NewtonSchulzOptions;
}

const muon: OptimizerKind<MuonOptions> = {
  name: "muon",
  defaults: {
    lr: 1e-3,
    weightDecay: 0.1,
    momentum: 0.95,
    momentumForm: "sum",
    nesterov: true,
    scale: "moonlight",
    newtonSchulz: {},
  },
  slots: ["momentum_buffer"],
  check({ momentum, scale }) {
    checkNumber("muon", "momentum", momentum, 1);
    scaleRule(scale);
  },
};

/**
 * Muon (Moonlight, arXiv 2502.16982 §2): momentum, orthogonalised. For a matrix W `[rows, cols]` with gradient G
 *
 *     M ← μ·M + G
 *     u = s(rows, cols) · NewtonSchulz(G + μ·M)          (M where nesterov is false)
 *     W ← W·(1 − lr·weightDecay) − lr·u
 *
 * `[experts, rows, cols]` are matrices of their own; parameters of rank 4 and above, kernels `[out, in, height, width]`,
 * count as `[out, in·height·width]`. Matrices of one shape in a group go through one batched Newton–Schulz, transposed ones
 * too. Gains, biases, embeddings and the output head belong to AdamW.
 *
 * @throws ShapeError that names a parameter of rank 0 or 1.
 */
export class Muon extends GroupedOptimizer<MuonOptions> {
  constructor(params: Parameters | readonly GroupInput<MuonOptions>[], options: Partial<MuonOptions> = {}) {
    super(muon, params, options);
    for (const [name, { shape }] of this.ownParameters) {
      if (shape.length >= 2) continue;
      throw new ShapeError(`muon: "${name}" of shape [${shape}] is no matrix; give it to AdamW`);
    }
  }

  protected override updatesOf(group: ParameterGroup<MuonOptions>, ready: readonly Ready[]): Tensor[] {
    const momenta = this.#momenta(group, ready).map((momentum) => momentum.reshape(matricesOf(momentum.shape)));
    const orthogonal = mapStacked(momenta, (stack) => newtonSchulz(stack, group.newtonSchulz));
    const scale = scaleRule(group.scale);
    return ready.map(({ parameter: { shape } }, i) => {
      const [, rows, cols] = matricesOf(shape);
      return orthogonal[i].reshape(shape).mul(scale(rows, cols));
    });
  }

  /** Assigns the momentum, and gives what is to be orthogonalised. */
  #momenta({ momentum, momentumForm, nesterov }: ParameterGroup<MuonOptions>, ready: readonly Ready[]): Tensor[] {
    const decay = this.number(momentum);
    const rest = this.number(1 - momentum);
    return ready.map(({ gradient, state }) => {
      const buffer = state.variables.momentum_buffer;
      const added = momentumForm === "ema" ? gradient.mul(rest) : gradient;
      buffer.assign(buffer.mul(decay).add(added));
      return nesterov ? added.add(buffer.mul(decay)) : buffer.read();
    });
  }
}
