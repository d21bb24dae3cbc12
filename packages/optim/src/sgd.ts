import { ArgumentError, type Tensor, where } from "@tsuki/core";
import { checkChoice, checkNumber } from "./checks.ts";
import { GroupedOptimizer, type Ready, type Update } from "./grouped-optimizer.ts";
import type { GroupInput, GroupOptions, OptimizerKind, ParameterGroup } from "./groups.ts";
import type { OptimizerOptions } from "./optimizer.ts";
import type { Parameters } from "./parameters.ts";

export interface SGDOptions extends GroupOptions {
  /** μ; 0: no momentum, and no state; default: 0. */
  momentum: number;
  /** τ, the share of each gradient after the first that momentum leaves out; default: 0. */
  dampening: number;
  /** Look ahead by one step of momentum, which then has no dampening; default: false. */
  nesterov: boolean;
}

const sgd: OptimizerKind<SGDOptions> = {
  name: "sgd",
  defaults: { lr: 1e-3, weightDecay: 0, cautiousWeightDecay: false, momentum: 0, dampening: 0, nesterov: false },
  slots: ({ momentum }) => (momentum === 0 ? [] : ["momentum_buffer"]),
  counts: true,
  check({ momentum, dampening, nesterov }) {
    checkNumber("sgd", "momentum", momentum, 1);
    checkNumber("sgd", "dampening", dampening, 1);
    checkChoice("sgd", "nesterov", nesterov, [true, false]);
    if (!nesterov || (momentum > 0 && dampening === 0)) return;
    throw new ArgumentError(
      `sgd: nesterov needs momentum > 0 and dampening 0, not momentum ${momentum} and dampening ${dampening}`,
    );
  },
};

/**
 * Stochastic gradient descent with decoupled decay before the update: for a parameter W with gradient G
 *
 *     M ← μ·M + (1 − τ)·G          (M ← G at the parameter's first update)
 *     u = M                        (G + μ·M where nesterov is true, G where μ is 0)
 *     W ← W·(1 − lr·weightDecay) − lr·u
 *
 * torch.optim.SGD is the same without decay; its `weight_decay` λ adds λ·W to G, which is the same where μ is 0, and
 * goes through the momentum where it is not.
 */
export class SGD extends GroupedOptimizer<SGDOptions> {
  constructor(
    params: Parameters | readonly GroupInput<SGDOptions>[],
    options: Partial<SGDOptions> & OptimizerOptions = {},
  ) {
    super(sgd, params, options);
  }

  protected override updatesOf(
    { momentum, dampening, nesterov }: ParameterGroup<SGDOptions>,
    ready: readonly Ready[],
  ): Update[] {
    if (momentum === 0) return ready.map(({ gradient }) => ({ update: gradient, state: {} }));
    const decay = this.number(momentum);
    const [whole, rest] = [this.number(1), this.number(1 - dampening)];
    const shareOf = (count: number | Tensor): Tensor => {
      if (typeof count === "number") return count === 1 ? whole : rest;
      return where(count.eq(whole), whole, rest);
    };
    return ready.map(({ gradient, state, count }) => {
      const buffer = state.momentum_buffer.mul(decay).add(gradient.mul(shareOf(count)));
      return { update: nesterov ? gradient.add(buffer.mul(decay)) : buffer, state: { momentum_buffer: buffer } };
    });
  }
}
