import { Generator, type Tensor, type TensorData, tensor } from "@tsuki/core";
import type { MoonlightConfig } from "../src/config.ts";

/** A model that is small in every extent, and no two extents that could be mistaken are equal. */
export function smallConfig(change: Partial<MoonlightConfig> = {}): MoonlightConfig {
  return {
    vocabSize: 29,
    hiddenSize: 12,
    numHiddenLayers: 2,
    numAttentionHeads: 2,
    kvLoraRank: 7,
    qkNopeHeadDim: 5,
    qkRopeHeadDim: 4,
    vHeadDim: 6,
    intermediateSize: 20,
    moeIntermediateSize: 8,
    numRoutedExperts: 5,
    numSharedExperts: 1,
    numExpertsPerToken: 2,
    firstKDenseReplace: 1,
    moeLayerFreq: 1,
    numGroups: 1,
    topKGroups: 1,
    normTopKProb: true,
    routedScalingFactor: 2.446,
    auxLossAlpha: 0.001,
    ropeTheta: 50000,
    rmsNormEps: 1e-5,
    initializerRange: 0.3,
    maxPositionEmbeddings: 512,
    bosTokenId: 27,
    eosTokenId: 28,
    ...change,
  };
}

/** Standard normal numbers, already on the host. */
export async function normal(seed: number, shape: readonly number[]): Promise<Tensor> {
  return tensor(await new Generator(seed).normal(shape).data(), { shape });
}

/** Token ids [batch, length]. */
export async function tokens(seed: number, shape: readonly number[], vocabSize: number): Promise<Tensor> {
  const uniform = await new Generator(seed).uniform(shape).data();
  return tensor(
    Int32Array.from(uniform, (u) => Math.floor(u * vocabSize)),
    { shape },
  );
}

/** How near a token came to another choice: its k-th score plus bias against the next one. [tokens, experts] */
export function selectionGap({ data, shape: [count, experts] }: TensorData, k: number): number {
  const gaps = Array.from({ length: count }, (_, token) => {
    const falling = data.slice(token * experts, (token + 1) * experts).sort((a, b) => b - a);
    return k < experts ? falling[k - 1] - falling[k] : Number.POSITIVE_INFINITY;
  });
  return Math.min(...gaps);
}
