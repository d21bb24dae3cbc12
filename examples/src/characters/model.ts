import { Generator } from "@tsuki/core";
import { byteVocabularySize } from "@tsuki/data";
import { Llama, type LlamaConfig } from "@tsuki/nn";
import { seedOf } from "@tsuki/train/node";
import type { Options } from "./options.ts";

/** A decoder of the Llama kind over bytes. */
export function configOf({ hidden, layers, heads, sequence }: Options): LlamaConfig {
  return {
    vocabSize: byteVocabularySize,
    hiddenSize: hidden,
    intermediateSize: 3 * hidden,
    numHiddenLayers: layers,
    numAttentionHeads: heads,
    numKeyValueHeads: heads,
    headDim: hidden / heads,
    // Room for a prompt and what follows it, should the model be adapted to dialogues.
    maxPositionEmbeddings: 2 * sequence,
    ropeTheta: 10_000,
    rmsNormEps: 1e-5,
    initializerRange: 0.02,
    attentionBias: false,
    mlpBias: false,
    attentionDropout: 0,
    slidingWindow: null,
    tieWordEmbeddings: false,
  };
}

/** The model with its initial weights. */
export function makeModel(options: Options): Llama {
  return new Llama(configOf(options), new Generator(seedOf(options.seed, "weights")));
}
