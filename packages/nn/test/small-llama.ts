import type { LlamaConfig } from "../src/llama-config.ts";

/** Small in every extent, and no two extents that could be mistaken are equal. */
export const smallLlama: LlamaConfig = {
  vocabSize: 23,
  hiddenSize: 12,
  intermediateSize: 20,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  headDim: 6,
  maxPositionEmbeddings: 32,
  ropeTheta: 10_000,
  rmsNormEps: 1e-5,
  initializerRange: 0.3,
  attentionBias: false,
  mlpBias: false,
  attentionDropout: 0,
  slidingWindow: null,
  tieWordEmbeddings: false,
};
