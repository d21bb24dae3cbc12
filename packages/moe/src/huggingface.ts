import { ArgumentError } from "@tsuki/core";
import { checkConfig, configFields, type MoonlightConfig } from "./config.ts";

/** What Hugging Face's `config.json` calls the fields. */
const keys: Readonly<Record<keyof MoonlightConfig, string>> = {
  vocabSize: "vocab_size",
  hiddenSize: "hidden_size",
  numHiddenLayers: "num_hidden_layers",
  numAttentionHeads: "num_attention_heads",
  kvLoraRank: "kv_lora_rank",
  qkNopeHeadDim: "qk_nope_head_dim",
  qkRopeHeadDim: "qk_rope_head_dim",
  vHeadDim: "v_head_dim",
  intermediateSize: "intermediate_size",
  moeIntermediateSize: "moe_intermediate_size",
  numRoutedExperts: "n_routed_experts",
  numSharedExperts: "n_shared_experts",
  numExpertsPerToken: "num_experts_per_tok",
  firstKDenseReplace: "first_k_dense_replace",
  moeLayerFreq: "moe_layer_freq",
  numGroups: "n_group",
  topKGroups: "topk_group",
  normTopKProb: "norm_topk_prob",
  routedScalingFactor: "routed_scaling_factor",
  auxLossAlpha: "aux_loss_alpha",
  ropeTheta: "rope_theta",
  rmsNormEps: "rms_norm_eps",
  initializerRange: "initializer_range",
  maxPositionEmbeddings: "max_position_embeddings",
  bosTokenId: "bos_token_id",
  eosTokenId: "eos_token_id",
};

/** Keys that select a variant of the architecture, with the only value that this model implements; absent means the same. */
const variants: Readonly<Record<string, string | number | boolean | null>> = {
  model_type: "deepseek_v3",
  hidden_act: "silu",
  scoring_func: "sigmoid",
  topk_method: "noaux_tc",
  q_lora_rank: null,
  rope_scaling: null,
  attention_bias: false,
  attention_dropout: 0,
  tie_word_embeddings: false,
  num_nextn_predict_layers: 0,
  seq_aux: true,
};

/**
 * Reads the content of a Hugging Face `config.json` (`model_type` deepseek_v3). Keys that change nothing here
 * (`torch_dtype`, `use_cache`, `ep_size`, …) are ignored.
 *
 * @throws ArgumentError that names every missing key, every value out of range, and every variant that this model lacks.
 */
export function configFromHuggingFace(json: unknown): MoonlightConfig {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new ArgumentError(`Moonlight config: config.json holds an object, not ${JSON.stringify(json)}`);
  }
  const given = new Map<string, unknown>(Object.entries(json));
  const wrong = Object.entries(variants)
    .filter(([key, value]) => given.has(key) && given.get(key) !== value)
    .map(
      ([key, value]) => `${key} = ${JSON.stringify(given.get(key))} is not supported, only ${JSON.stringify(value)}`,
    );
  const heads = given.get("num_key_value_heads");
  if (heads !== undefined && heads !== given.get("num_attention_heads")) {
    wrong.push(
      `num_key_value_heads = ${JSON.stringify(heads)} must equal num_attention_heads: latent attention shares no heads`,
    );
  }
  const missing = configFields.map((field) => keys[field]).filter((key) => !given.has(key));
  if (missing.length > 0) wrong.push(`missing: ${missing.join(", ")}`);
  if (wrong.length > 0) throw new ArgumentError(`Moonlight config: ${wrong.join("; ")}`);
  const config = Object.fromEntries(
    configFields.map((field) => [field, given.get(keys[field])]),
  ) as unknown as MoonlightConfig;
  checkConfig(config, (field) => keys[field]);
  return config;
}

/** The content of a Hugging Face `config.json` for a model. */
export function toHuggingFace(config: MoonlightConfig): Record<string, unknown> {
  checkConfig(config);
  return {
    architectures: ["DeepseekV3ForCausalLM"],
    ...variants,
    ...Object.fromEntries(configFields.map((field) => [keys[field], config[field]])),
    num_key_value_heads: config.numAttentionHeads,
  };
}
