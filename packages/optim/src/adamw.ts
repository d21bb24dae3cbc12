import type { Tensor } from "@tsuki/core";
import { checkNumber } from "./check-number.ts";
import {
  GroupedOptimizer,
  type GroupInput,
  type GroupOptions,
  type OptimizerKind,
  type ParameterGroup,
  type Ready,
} from "./grouped-optimizer.ts";
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
  defaults: { lr: 1e-3, weightDecay: 0.1, betas: [0.9, 0.95], eps: 1e-8, epsOrder: "afterBiasCorrection" },
  slots: ["exp_avg", "exp_avg_sq"],
  check({ betas, eps }) {
    checkNumber("adamw", "the first of betas", betas[0], 1);
    checkNumber("adamw", "the second of betas", betas[1], 1);
    checkNumber("adamw", "eps", eps);
  },
};

/**
 * AdamW (arXiv 1711.05101) with decoupled decay before the update: for step t of a parameter W with gradient G
 *
 *     m ← β₁·m + (1 − β₁)·G          v ← β₂·v + (1 − β₂)·G²
 *     u = (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + eps)
 *     W ← W·(1 − lr·weightDecay) − lr·u
 *
 * Bias corrections are run-time numbers that the host computes from t, which only counts the parameter's own updates.
 */
export class AdamW extends GroupedOptimizer<AdamWOptions> {
  constructor(params: Parameters | readonly GroupInput<AdamWOptions>[], options: Partial<AdamWOptions> = {}) {
    super(adamW, params, options);
  }

  protected override updatesOf(
    { betas, eps, epsOrder }: ParameterGroup<AdamWOptions>,
    ready: readonly Ready[],
  ): Tensor[] {
    const [beta1, beta2] = betas.map((beta) => this.number(beta));
    const [rest1, rest2] = betas.map((beta) => this.number(1 - beta));
    const small = this.number(eps);
    return ready.map(({ gradient, state }) => {
      const { exp_avg: mean, exp_avg_sq: square } = state.variables;
      mean.assign(mean.mul(beta1).add(gradient.mul(rest1)));
      square.assign(square.mul(beta2).add(gradient.square().mul(rest2)));
      const [correction1, correction2] = betas.map((beta) => 1 - beta ** state.steps);
      const root = square.sqrt();
      if (epsOrder === "beforeBiasCorrection") {
        return mean.div(root.add(small)).mul(Math.sqrt(correction2) / correction1);
      }
      return mean.div(correction1).div(root.div(Math.sqrt(correction2)).add(small));
    });
  }
}
