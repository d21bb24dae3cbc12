import { ones, tensor, zeros } from "@tsuki/core";
import {
  checkConfig,
  configFromHuggingFace,
  MoE,
  Moonlight,
  type MoonlightConfig,
  moonlight16B,
  route,
  sequenceAuxiliaryLoss,
  toHuggingFace,
} from "@tsuki/moe";
import { KVCache } from "@tsuki/nn";
import type { Cases } from "./collect.ts";

const json = toHuggingFace(moonlight16B);
const small: MoonlightConfig = {
  ...moonlight16B,
  vocabSize: 16,
  hiddenSize: 8,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  kvLoraRank: 4,
  qkNopeHeadDim: 2,
  qkRopeHeadDim: 2,
  vHeadDim: 2,
  intermediateSize: 8,
  moeIntermediateSize: 4,
  numRoutedExperts: 4,
  numSharedExperts: 1,
  numExpertsPerToken: 2,
  maxPositionEmbeddings: 8,
  bosTokenId: 0,
  eosTokenId: 1,
};
const of = (change: object): void => checkConfig({ ...small, ...change });

export const moonlight: Cases = {
  "every field wrong": () => of(Object.fromEntries(Object.keys(small).map((key) => [key, "?"]))),
  "numExpertsPerToken beyond numRoutedExperts": () => of({ numExpertsPerToken: 9 }),
  "an odd qkRopeHeadDim": () => of({ qkRopeHeadDim: 3 }),
  "groups that do not divide the experts": () => of({ numGroups: 3, topKGroups: 1 }),
  "groups of one expert": () => of({ numGroups: 4, topKGroups: 2 }),
  "more open groups than there are": () => of({ numGroups: 2, topKGroups: 3 }),
  "tokens outside of the vocabulary": () => of({ bosTokenId: 99 }),
  "config.json that is null": () => configFromHuggingFace(null),
  "config.json of another architecture": () =>
    configFromHuggingFace({ ...json, model_type: "llama", scoring_func: "softmax", num_key_value_heads: 4 }),
  "config.json without two keys": () =>
    configFromHuggingFace({ ...json, n_routed_experts: undefined, kv_lora_rank: undefined }),
  "config.json with a value out of range": () => configFromHuggingFace({ ...json, num_experts_per_tok: 0 }),
  "config.json whose values do not fit together": () => configFromHuggingFace({ ...json, num_experts_per_tok: 65 }),
  "Moonlight of a wrong config": () => new Moonlight({ ...small, rmsNormEps: 0 }),
  "Moonlight of ids [2]": () => new Moonlight(small).call(tensor([1, 2], { dtype: "int32" })),
  "Moonlight of token 99": () => new Moonlight(small).call(tensor([[99]], { dtype: "int32" })),
  "Moonlight of 9 tokens with 8 positions": () => new Moonlight(small).call(zeros([1, 9], { dtype: "int32" })),
  "Moonlight with a cache of packed documents": () =>
    new Moonlight(small).call(zeros([1, 2], { dtype: "int32" }), {
      ...new KVCache({ capacity: 4 }).prefill(2),
      documents: zeros([1, 2], { dtype: "int32" }),
    }),
  "MoE of another width": () => new MoE(small).call(ones([1, 2, 6])),
  "route with K = 9 of 4": () => route(ones([2, 4]), 0, { numExpertsPerToken: 9 }),
  "sequenceAuxiliaryLoss of indices [2]": () =>
    sequenceAuxiliaryLoss(ones([1, 2, 4]), tensor([0, 1], { dtype: "int32" })),
  "loadStateDict of a checkpoint that lacks an expert": async () => {
    const model = new Moonlight(small);
    const { "model.layers.1.mlp.experts.3.up_proj.weight": _, ...rest } = await model.stateDict();
    model.loadStateDict(rest);
  },
};
