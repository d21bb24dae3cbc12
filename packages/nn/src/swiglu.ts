import { checkOptions, type Generator, type Tensor } from "@tsuki/core";
import type { Initializer } from "./init.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { checkSizes } from "./sizes.ts";

export interface SwiGLUOptions {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  /** Whether the projections have biases, 0 at first; default false. */
  readonly bias?: boolean;
  /** Initial weights; default that of `Linear`. */
  readonly init?: Initializer;
  readonly generator?: Generator;
}

/** down(silu(gate(x)) ⊙ up(x)): [..., hidden] → [..., hidden] (Shazeer, "GLU variants improve transformer"). */
export class SwiGLU extends Module<[x: Tensor], Tensor> {
  /** [intermediate, hidden] */
  readonly gateProj: Linear;
  /** [intermediate, hidden] */
  readonly upProj: Linear;
  /** [hidden, intermediate] */
  readonly downProj: Linear;

  constructor(options: SwiGLUOptions) {
    super();
    checkOptions("SwiGLU", options, "hiddenSize", "intermediateSize", "bias", "init", "generator");
    const { hiddenSize, intermediateSize, ...rest } = options;
    checkSizes("SwiGLU", { hiddenSize, intermediateSize });
    this.gateProj = new Linear({ inFeatures: hiddenSize, outFeatures: intermediateSize, ...rest });
    this.upProj = new Linear({ inFeatures: hiddenSize, outFeatures: intermediateSize, ...rest });
    this.downProj = new Linear({ inFeatures: intermediateSize, outFeatures: hiddenSize, ...rest });
  }

  forward(x: Tensor): Tensor {
    return this.downProj.call(this.gateProj.call(x).silu().mul(this.upProj.call(x)));
  }
}
