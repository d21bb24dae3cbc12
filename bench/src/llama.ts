import type { LlamaConfig } from "@tsuki/nn";

type Sizes = "vocabSize" | "hiddenSize" | "intermediateSize" | "numHiddenLayers" | "maxPositionEmbeddings";

/** Extent of a head. */
const headDim = 64;

/** A dense Llama of these sizes, with as many heads of keys as of queries. */
export function llamaConfig(sizes: Pick<LlamaConfig, Sizes>): LlamaConfig {
  const heads = sizes.hiddenSize / headDim;
  return {
    ...sizes,
    numAttentionHeads: heads,
    numKeyValueHeads: heads,
    headDim,
    ropeTheta: 10_000,
    rmsNormEps: 1e-6,
    initializerRange: 0.02,
    attentionBias: false,
    mlpBias: false,
    attentionDropout: 0,
    slidingWindow: null,
    tieWordEmbeddings: false,
  };
}
