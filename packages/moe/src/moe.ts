import type { Generator, Tensor } from "@tsuki/core";
import { init, Module, SwiGLU } from "@tsuki/nn";
import type { MoonlightConfig } from "./config.ts";
import { RoutedExperts } from "./experts.ts";
import { Router } from "./router.ts";
import type { Routing } from "./routing.ts";

// B batch, T sequence, N = B·T tokens, D hidden

/**
 * A mixture of experts: routed experts, weighted by the router, and shared experts that every token uses, which are one
 * SwiGLU, ungated and unscaled.
 */
export class MoE extends Module<[x: Tensor, observe?: (routing: Routing) => void], Tensor> {
  readonly gate: Router;
  readonly experts: RoutedExperts;
  readonly sharedExperts: SwiGLU | null;

  constructor(config: MoonlightConfig, generator?: Generator) {
    super();
    const { hiddenSize, numSharedExperts, moeIntermediateSize, initializerRange } = config;
    this.gate = new Router(config, generator);
    this.experts = new RoutedExperts(config, generator);
    this.sharedExperts =
      numSharedExperts === 0
        ? null
        : new SwiGLU({
            hiddenSize,
            intermediateSize: numSharedExperts * moeIntermediateSize,
            init: init.normal({ std: initializerRange }),
            generator,
          });
  }

  /** @param x [B, T, D] → [B, T, D] */
  forward(x: Tensor, observe?: (routing: Routing) => void): Tensor {
    const tokens = x.reshape([-1, x.shape[x.rank - 1]]);
    const routing = this.gate.call(tokens);
    observe?.(routing);
    const routed = this.experts.call(tokens, routing).reshape(x.shape);
    return this.sharedExperts ? routed.add(this.sharedExperts.call(x)) : routed;
  }
}
