import { ShapeError, type Tensor } from "@tsuki/core";
import { checkChoice, checkNumber } from "./checks.ts";
import { GroupedOptimizer, type Ready, type Update } from "./grouped-optimizer.ts";
import type { GroupInput, GroupOptions, OptimizerKind, ParameterGroup } from "./groups.ts";
import { mapStacked } from "./matrices.ts";
import { iterationOf, type NewtonSchulzOptions, newtonSchulz } from "./newton-schulz.ts";
import type { OptimizerOptions } from "./optimizer.ts";
import type { Parameters } from "./parameters.ts";
import { checkSplits, joinPieces, piecesOf, type Splits } from "./splits.ts";
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
  /** Steps, coefficients, eps and form of the iteration. */
  newtonSchulz: NewtonSchulzOptions;
  /**
   * Which rows of each matrix are matrices of their own, orthogonalised and scaled one by one: the sizes of their blocks
   * (fused query, key and value: `[q, k, v]` rows), or a number of equal ones (heads); default: 1, the whole.
   */
  splits: Splits;
}

const muon: OptimizerKind<MuonOptions> = {
  name: "muon",
  defaults: {
    lr: 1e-3,
    weightDecay: 0.1,
    cautiousWeightDecay: false,
    momentum: 0.95,
    momentumForm: "sum",
    nesterov: true,
    scale: "moonlight",
    newtonSchulz: {},
    splits: 1,
  },
  slots: () => ["momentum_buffer"],
  counts: false,
  check({ params, momentum, momentumForm, nesterov, scale, newtonSchulz, splits }) {
    checkNumber("muon", "momentum", momentum, 1);
    checkChoice("muon", "momentumForm", momentumForm, ["sum", "ema"]);
    checkChoice("muon", "nesterov", nesterov, [true, false]);
    scaleRule(scale);
    iterationOf(newtonSchulz);
    for (const [name, { shape, requiresGrad }] of params) {
      if (!requiresGrad) continue;
      if (shape.length < 2) throw new ShapeError(`muon: "${name}" of shape [${shape}] is no matrix; give it to AdamW`);
      checkSplits(name, shape, splits);
    }
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
 * @throws ShapeError that names a parameter of rank 0 or 1, or whose rows `splits` does not fill.
 */
export class Muon extends GroupedOptimizer<MuonOptions> {
  constructor(
    params: Parameters | readonly GroupInput<MuonOptions>[],
    options: Partial<MuonOptions> & OptimizerOptions = {},
  ) {
    super(muon, params, options);
  }

  protected override updatesOf(group: ParameterGroup<MuonOptions>, ready: readonly Ready[]): Update[] {
    const momenta = ready.map((one) => this.#momentum(group, one));
    const pieces = momenta.map(({ ahead }) => piecesOf(ahead, group.splits));
    const orthogonal = mapStacked(pieces.flat(), (stack) => newtonSchulz(stack, group.newtonSchulz));
    const scale = scaleRule(group.scale);
    let at = 0;
    return ready.map(({ parameter: { shape } }, i) => {
      const scaled = pieces[i].map(({ shape: [, rows, cols] }) => orthogonal[at++].mul(scale(rows, cols)));
      return { update: joinPieces(scaled, shape), state: { momentum_buffer: momenta[i].buffer } };
    });
  }

  /** The momentum, and what is to be orthogonalised. */
  #momentum(
    { momentum, momentumForm, nesterov }: ParameterGroup<MuonOptions>,
    { gradient, state }: Ready,
  ): { readonly buffer: Tensor; readonly ahead: Tensor } {
    const decay = this.number(momentum);
    const added = momentumForm === "ema" ? gradient.mul(this.number(1 - momentum)) : gradient;
    const buffer = state.momentum_buffer.mul(decay).add(added);
    return { buffer, ahead: nesterov ? added.add(buffer.mul(decay)) : buffer };
  }
}
