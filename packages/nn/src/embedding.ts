import { checkOptions, type Generator, parameter, type Tensor, type Variable } from "@tsuki/core";
import { checkTensor } from "./checks.ts";
import { type Initializer, normal } from "./init.ts";
import { Module } from "./module.ts";
import { checkSizes } from "./sizes.ts";

export interface EmbeddingOptions {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  /** Initial table; default standard normal. */
  readonly init?: Initializer;
  readonly generator?: Generator;
}

/** Rows of a table: ids [...] (int32, each in [0, numEmbeddings)) → [..., embeddingDim]. */
export class Embedding extends Module<[ids: Tensor], Tensor> {
  /** [numEmbeddings, embeddingDim] */
  weight: Variable;

  constructor(options: EmbeddingOptions) {
    super();
    checkOptions("Embedding", options, "numEmbeddings", "embeddingDim", "init", "generator");
    const { numEmbeddings, embeddingDim, init = normal(), generator } = options;
    checkSizes("Embedding", { numEmbeddings, embeddingDim });
    this.weight = parameter(init([numEmbeddings, embeddingDim], generator), { name: "weight" });
  }

  /** @throws IndexError for an id of the host that is out of range; PlanError for a computed one, when it runs. */
  forward(ids: Tensor): Tensor {
    checkTensor("Embedding", ids);
    return this.weight.take(ids);
  }
}
