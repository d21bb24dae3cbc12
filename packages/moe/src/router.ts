import { dtypes, type Generator, histogram, parameter, type Tensor, type Variable, zeros } from "@tsuki/core";
import { buffer, init, Module } from "@tsuki/nn";
import { biasDirection, type LoadStatistics, loadStatistics } from "./balance.ts";
import type { MoonlightConfig } from "./config.ts";
import { type Routing, route } from "./routing.ts";

// N tokens, D hidden, E routed experts, K experts per token

/**
 * The gate of a mixture of experts: sigmoid affinities s = σ(W·x), a choice by s + bias, weights by s (`route`).
 *
 * In training mode every forward adds its choices to `load`, also under `noGrad`; padding counts as any token. The bias is
 * trained by `updateBias` alone. `load` is state of the running step, and not in `stateDict()`.
 */
export class Router extends Module<[x: Tensor], Routing> {
  /** [E, D] */
  readonly weight: Variable;
  /** Added to the affinities for the choice; no gradient reaches it. [E] */
  readonly eScoreCorrectionBias: Variable;
  /** Choices of each expert since the last `updateBias`; int32. [E] */
  readonly load: Variable;
  readonly #config: MoonlightConfig;

  constructor(config: MoonlightConfig, generator?: Generator) {
    super();
    const { numRoutedExperts, hiddenSize, initializerRange } = config;
    this.#config = config;
    this.weight = parameter(init.normal({ std: initializerRange })([numRoutedExperts, hiddenSize], generator));
    this.eScoreCorrectionBias = buffer(zeros([numRoutedExperts]));
    this.load = buffer(zeros([numRoutedExperts], { dtype: "int32" }), { persistent: false });
  }

  /** @param x [N, D] */
  forward(x: Tensor): Routing {
    const scores = x.matmul(this.weight.transpose()).sigmoid();
    const routing = route(scores, this.eScoreCorrectionBias, this.#config);
    if (this.training) this.load.assign(this.load.add(histogram(routing.indices, this.#config.numRoutedExperts)));
    return routing;
  }

  /**
   * bias ← bias + rate · (sign(e) − mean sign(e)), with e = mean load − load over the choices since the last update, and
   * starts to count anew. Call it beside `optimizer.update()`, so that both are one plan. The rate is a run-time number
   * (Moonlight: 1e-3, then 0 in the last stage).
   */
  updateBias(rate: number): void {
    const { eScoreCorrectionBias: bias, load } = this;
    bias.assign(bias.add(biasDirection(this.#loadAsFloat()).mul(rate)));
    load.assign(zeros(load.shape, { dtype: "int32" }));
  }

  /** Balance of the choices since the last update: `keep()` what is read after the next one. */
  loadStatistics(): LoadStatistics {
    return loadStatistics(this.#loadAsFloat());
  }

  #loadAsFloat(): Tensor {
    return this.load.cast(dtypes[this.eScoreCorrectionBias.dtype].compute);
  }
}
