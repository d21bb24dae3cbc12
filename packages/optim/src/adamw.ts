import { ArgumentError, shown, type Tensor } from "@tsuki/core";
import { checkChoice, checkNumber } from "./checks.ts";
import { GroupedOptimizer, type Ready, type Update } from "./grouped-optimizer.ts";
import type { GroupInput, GroupOptions, OptimizerKind, ParameterGroup } from "./groups.ts";
import type { OptimizerOptions } from "./optimizer.ts";
import type { Parameters } from "./parameters.ts";

export interface AdamWOptions extends GroupOptions {
  /** Decay of the mean of gradients, and of that of their squares; default: [0.9, 0.95]. */
  betas: readonly [number, number];
  /** Added to √v; default: 1e-8. */
  eps: number;
  /**
   * Where eps is added: to √(v / (1 − β₂ᵗ)), as torch.optim.AdamW does it, or `"beforeBiasCorrection"` to √v, as Moonlight's
   * toy script does it (they differ where gradients are below 1e-3); default: `"afterBiasCorrection"`.
   */
  epsOrder: "afterBiasCorrection" | "beforeBiasCorrection";
}

const adamW: OptimizerKind<AdamWOptions> = {
  name: "adamw",
  defaults: {
    lr: 1e-3,
    weightDecay: 0.1,
    cautiousWeightDecay: false,
    betas: [0.9, 0.95],
    eps: 1e-8,
    epsOrder: "afterBiasCorrection",
  },
  slots: () => ["exp_avg", "exp_avg_sq"],
  counts: true,
  check({ betas, eps, epsOrder }) {
    if (!(Array.isArray(betas) && betas.length === 2)) {
      throw new ArgumentError(`adamw: betas are two numbers, not ${shown(betas)}`);
    }
    checkNumber("adamw", "the first of betas", betas[0], 1);
    checkNumber("adamw", "the second of betas", betas[1], 1);
    checkNumber("adamw", "eps", eps);
    checkChoice("adamw", "epsOrder", epsOrder, ["afterBiasCorrection", "beforeBiasCorrection"]);
  },
};

/**
 * AdamW (arXiv 1711.05101) with decoupled decay before the update: for step t of a parameter W with gradient G
 *
 *     m ← β₁·m + (1 − β₁)·G          v ← β₂·v + (1 − β₂)·G²
 *     u = (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + eps)
 *     W ← W·(1 − lr·weightDecay) − lr·u
 *
 * as torch.optim.AdamW has it, eps after the bias correction (its defaults are betas (0.9, 0.999), weight_decay 0.01). t
 * only counts the parameter's own updates, and no skipped ones. Bias corrections are run-time numbers that the host computes
 * in float64; with `skipNonFinite` only the device knows t, and computes them in the parameter's dtype.
 */
export class AdamW extends GroupedOptimizer<AdamWOptions> {
  constructor(
    params: Parameters | readonly GroupInput<AdamWOptions>[],
    options: Partial<AdamWOptions> & OptimizerOptions = {},
  ) {
    super(adamW, params, options);
  }

  protected override updatesOf(
    { betas, eps, epsOrder }: ParameterGroup<AdamWOptions>,
    ready: readonly Ready[],
  ): Update[] {
    const [beta1, beta2] = betas.map((beta) => this.number(beta));
    const [rest1, rest2] = betas.map((beta) => this.number(1 - beta));
    const small = this.number(eps);
    return ready.map(({ gradient, state, count }) => {
      const mean = state.exp_avg.mul(beta1).add(gradient.mul(rest1));
      const square = state.exp_avg_sq.mul(beta2).add(gradient.square().mul(rest2));
      const [correction1, correction2] = betas.map((beta) => biasCorrection(beta, count));
      const rootCorrection = typeof correction2 === "number" ? Math.sqrt(correction2) : correction2.sqrt();
      const root = square.sqrt();
      const update =
        epsOrder === "beforeBiasCorrection"
          ? mean.div(root.add(small)).mul(rootCorrection).div(correction1)
          : mean.div(correction1).div(root.div(rootCorrection).add(small));
      return { update, state: { exp_avg: mean, exp_avg_sq: square } };
    });
  }
}

/** 1 − βᵗ. */
function biasCorrection(beta: number, count: number | Tensor): number | Tensor {
  if (typeof count === "number") return 1 - beta ** count;
  return count.mul(Math.log(beta)).expm1().neg();
}
