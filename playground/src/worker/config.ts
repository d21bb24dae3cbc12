import { byteVocabularySize } from "@tsuki/data";
import type { MoonlightConfig } from "@tsuki/moe";
import type { Size } from "../settings.ts";

/** A small Moonlight over bytes, in the proportions of the one that `npm start` trains. */
export function configOf({ hidden, layers, heads, experts, length }: Omit<Size, "label" | "batch">): MoonlightConfig {
  const headDim = hidden / heads;
  return {
    vocabSize: byteVocabularySize,
    hiddenSize: hidden,
    numHiddenLayers: layers,
    numAttentionHeads: heads,
    kvLoraRank: hidden / 2,
    qkNopeHeadDim: headDim,
    qkRopeHeadDim: headDim / 2,
    vHeadDim: headDim,
    intermediateSize: 3 * hidden,
    moeIntermediateSize: hidden,
    numRoutedExperts: experts,
    numSharedExperts: 1,
    numExpertsPerToken: 2,
    firstKDenseReplace: 1,
    moeLayerFreq: 1,
    numGroups: 1,
    topKGroups: 1,
    normTopKProb: true,
    routedScalingFactor: Math.SQRT2,
    auxLossAlpha: 1e-4,
    ropeTheta: 10_000,
    rmsNormEps: 1e-5,
    initializerRange: 0.02,
    maxPositionEmbeddings: length,
    bosTokenId: 0,
    eosTokenId: 0,
  };
}
