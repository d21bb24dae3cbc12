import { checkOptions, type Generator, gelu, type Tensor } from "@tsuki/core";
import { Dropout } from "./dropout.ts";
import type { Initializer } from "./init.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { checkSizes } from "./sizes.ts";

export interface MLPOptions {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  /** Width of the output; default `hiddenSize`. */
  readonly outSize?: number;
  /** What stands between the projections; default the exact `gelu`. */
  readonly activation?: (x: Tensor) => Tensor;
  /** Whether both projections have a bias; default true. */
  readonly bias?: boolean;
  /** The probability with which an activation is dropped in training; default 0. */
  readonly dropout?: number;
  /** Initial weights; default that of `Linear`. */
  readonly init?: Initializer;
  readonly generator?: Generator;
}

const optionNames = ["hiddenSize", "intermediateSize", "outSize", "activation", "bias", "dropout", "init", "generator"];

/** down(activation(up(x))): [..., hidden] → [..., out], the feed-forward part of a transformer without a gate. */
export class MLP extends Module<[x: Tensor], Tensor> {
  /** [intermediate, hidden] */
  readonly upProj: Linear;
  /** [out, intermediate] */
  readonly downProj: Linear;
  readonly dropout: Dropout;
  readonly #activation: (x: Tensor) => Tensor;

  constructor(options: MLPOptions) {
    super();
    checkOptions("MLP", options, ...optionNames);
    const { hiddenSize, intermediateSize, outSize = hiddenSize, activation = gelu, dropout = 0 } = options;
    const { bias = true, init, generator } = options;
    checkSizes("MLP", { hiddenSize, intermediateSize, outSize });
    this.upProj = new Linear({ inFeatures: hiddenSize, outFeatures: intermediateSize, bias, init, generator });
    this.downProj = new Linear({ inFeatures: intermediateSize, outFeatures: outSize, bias, init, generator });
    this.dropout = new Dropout({ p: dropout, generator });
    this.#activation = activation;
  }

  forward(x: Tensor): Tensor {
    return this.downProj.call(this.dropout.call(this.#activation(this.upProj.call(x))));
  }
}
