import { Generator } from "@tsuki/core";
import { byteVocabularySize } from "@tsuki/data";
import { Moonlight, type MoonlightConfig } from "@tsuki/moe";
import { MuonWithAdamW, moonlightGroups, type ParameterGroups, parameterGroups } from "@tsuki/optim";
import { seedOf } from "@tsuki/train/node";
import type { Options } from "./options.ts";

/** The config of a small Moonlight over bytes; a head is hidden / heads wide, and its rotated part comes on top. */
export function configOf(options: Options): MoonlightConfig {
  const headDim = options.hidden / options.heads;
  return {
    vocabSize: byteVocabularySize,
    hiddenSize: options.hidden,
    numHiddenLayers: options.layers,
    numAttentionHeads: options.heads,
    kvLoraRank: options.latent,
    qkNopeHeadDim: headDim,
    qkRopeHeadDim: options.ropeDim,
    vHeadDim: headDim,
    intermediateSize: options.denseWidth,
    moeIntermediateSize: options.expertWidth,
    numRoutedExperts: options.experts,
    numSharedExperts: options.sharedExperts,
    numExpertsPerToken: options.topK,
    firstKDenseReplace: options.denseLayers,
    moeLayerFreq: 1,
    numGroups: 1,
    topKGroups: 1,
    normTopKProb: true,
    routedScalingFactor: options.routedScaling,
    auxLossAlpha: options.auxLoss,
    ropeTheta: 10_000,
    rmsNormEps: 1e-5,
    initializerRange: options.initStd,
    maxPositionEmbeddings: options.sequence,
    // Bytes have no special tokens; the text has no byte 0.
    bosTokenId: 0,
    eosTokenId: 0,
  };
}

/** The model with its initial weights. */
export function makeModel(options: Options): Moonlight {
  return new Moonlight(configOf(options), new Generator(seedOf(options.seed, "weights")));
}

/** Which optimizer takes which parameter: Moonlight's division, or AdamW all of them. */
export function groupsOf(model: Moonlight, { optimizer }: Options): ParameterGroups {
  const named = model.namedParameters();
  return optimizer === "muon" ? moonlightGroups(named) : parameterGroups(named, [{ match: () => true, use: "adamw" }]);
}

export function makeOptimizer(groups: ParameterGroups, { lr, weightDecay, momentum }: Options): MuonWithAdamW {
  return new MuonWithAdamW(groups, { lr, weightDecay, muon: { momentum } });
}
