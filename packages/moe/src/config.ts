import { type ConfigSchema, checkConfig as checkFields, configRanges } from "@tsuki/nn";

/** Sizes and numbers of a Moonlight model (a DeepSeek-V3 architecture without query compression). Plain data. */
export interface MoonlightConfig {
  /** Rows of the embedding and of the language model head. */
  readonly vocabSize: number;
  /** Width D of the residual stream. */
  readonly hiddenSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  /** Width of the latent from which keys and values are made. */
  readonly kvLoraRank: number;
  /** Part of each query and key that carries no position. */
  readonly qkNopeHeadDim: number;
  /** Part of each query and key that is rotated by its position; even. */
  readonly qkRopeHeadDim: number;
  readonly vHeadDim: number;
  /** Width of a dense layer's SwiGLU. */
  readonly intermediateSize: number;
  /** Width I of one expert's SwiGLU. */
  readonly moeIntermediateSize: number;
  readonly numRoutedExperts: number;
  /** Shared experts, together one SwiGLU of width numSharedExperts · moeIntermediateSize; 0: none. */
  readonly numSharedExperts: number;
  readonly numExpertsPerToken: number;
  /** The first layers that are dense. */
  readonly firstKDenseReplace: number;
  /** Of the others, every n-th is a mixture of experts. */
  readonly moeLayerFreq: number;
  /** Groups that the routed experts are divided into; a token chooses among `topKGroups` of them. */
  readonly numGroups: number;
  readonly topKGroups: number;
  /** Whether the weights of a token's experts are divided by their sum. */
  readonly normTopKProb: boolean;
  /** Factor on the weights of the routed experts. */
  readonly routedScalingFactor: number;
  /** Coefficient of the sequence-wise auxiliary loss. */
  readonly auxLossAlpha: number;
  readonly ropeTheta: number;
  readonly rmsNormEps: number;
  /** Standard deviation of the initial weights. */
  readonly initializerRange: number;
  readonly maxPositionEmbeddings: number;
  readonly bosTokenId: number;
  readonly eosTokenId: number;
}

/** Moonlight-16B-A3B (arXiv 2502.16982); `eosTokenId` is that of the Instruct model. */
export const moonlight16B: MoonlightConfig = {
  vocabSize: 163840,
  hiddenSize: 2048,
  numHiddenLayers: 27,
  numAttentionHeads: 16,
  kvLoraRank: 512,
  qkNopeHeadDim: 128,
  qkRopeHeadDim: 64,
  vHeadDim: 128,
  intermediateSize: 11264,
  moeIntermediateSize: 1408,
  numRoutedExperts: 64,
  numSharedExperts: 2,
  numExpertsPerToken: 6,
  firstKDenseReplace: 1,
  moeLayerFreq: 1,
  numGroups: 1,
  topKGroups: 1,
  normTopKProb: true,
  routedScalingFactor: 2.446,
  auxLossAlpha: 0.001,
  ropeTheta: 50000,
  rmsNormEps: 1e-5,
  initializerRange: 0.02,
  maxPositionEmbeddings: 8192,
  bosTokenId: 163584,
  eosTokenId: 163586,
};

/** Whether layer `index` (from 0) is a mixture of experts, not dense. */
export function isMoELayer(config: MoonlightConfig, index: number): boolean {
  return index >= config.firstKDenseReplace && index % config.moeLayerFreq === 0;
}

const { count, countOrNone, positive, notNegative, boolean } = configRanges;

/** What is checked, and what Hugging Face's `config.json` calls it. */
export const moonlightSchema: ConfigSchema<MoonlightConfig> = {
  name: "Moonlight",
  fields: {
    vocabSize: { key: "vocab_size", range: count },
    hiddenSize: { key: "hidden_size", range: count },
    numHiddenLayers: { key: "num_hidden_layers", range: count },
    numAttentionHeads: { key: "num_attention_heads", range: count },
    kvLoraRank: { key: "kv_lora_rank", range: count },
    qkNopeHeadDim: { key: "qk_nope_head_dim", range: count },
    qkRopeHeadDim: { key: "qk_rope_head_dim", range: count },
    vHeadDim: { key: "v_head_dim", range: count },
    intermediateSize: { key: "intermediate_size", range: count },
    moeIntermediateSize: { key: "moe_intermediate_size", range: count },
    numRoutedExperts: { key: "n_routed_experts", range: count },
    numSharedExperts: { key: "n_shared_experts", range: countOrNone },
    numExpertsPerToken: { key: "num_experts_per_tok", range: count },
    firstKDenseReplace: { key: "first_k_dense_replace", range: countOrNone },
    moeLayerFreq: { key: "moe_layer_freq", range: count },
    numGroups: { key: "n_group", range: count },
    topKGroups: { key: "topk_group", range: count },
    normTopKProb: { key: "norm_topk_prob", range: boolean },
    routedScalingFactor: { key: "routed_scaling_factor", range: positive },
    auxLossAlpha: { key: "aux_loss_alpha", range: notNegative },
    ropeTheta: { key: "rope_theta", range: positive },
    rmsNormEps: { key: "rms_norm_eps", range: positive },
    initializerRange: { key: "initializer_range", range: notNegative },
    maxPositionEmbeddings: { key: "max_position_embeddings", range: count },
    bosTokenId: { key: "bos_token_id", range: countOrNone },
    eosTokenId: { key: "eos_token_id", range: countOrNone },
  },
  variants: {
    model_type: ["deepseek_v3"],
    hidden_act: ["silu"],
    scoring_func: ["sigmoid"],
    topk_method: ["noaux_tc"],
    q_lora_rank: [null],
    rope_scaling: [null],
    attention_bias: [false],
    attention_dropout: [0],
    tie_word_embeddings: [false],
    num_nextn_predict_layers: [0],
    seq_aux: [true],
  },
  misfits,
  unsupported: (given) => {
    const heads = given.get("num_key_value_heads");
    if (heads === undefined || heads === given.get("num_attention_heads")) return [];
    return [
      `num_key_value_heads = ${JSON.stringify(heads)} must equal num_attention_heads: latent attention shares no heads`,
    ];
  },
};

/** The fields of a config, in the order of their definition. */
export const configFields: readonly (keyof MoonlightConfig)[] = Object.keys(
  moonlightSchema.fields,
) as (keyof MoonlightConfig)[];

/**
 * Checks every field and how they fit together; all that is wrong is in one error.
 *
 * @param named What a field is called in errors: a config file has other names.
 */
export function checkConfig(config: MoonlightConfig, named: (field: keyof MoonlightConfig) => string = String): void {
  checkFields(moonlightSchema, config, named);
}

function misfits(config: MoonlightConfig, named: (field: keyof MoonlightConfig) => string): string[] {
  const { numRoutedExperts, numExpertsPerToken, numGroups, topKGroups, qkRopeHeadDim } = config;
  const perGroup = numRoutedExperts / numGroups;
  const say = (field: keyof MoonlightConfig, problem: string): string =>
    `${named(field)} = ${config[field]} ${problem}`;
  const found: string[] = [];
  if (qkRopeHeadDim % 2 !== 0) found.push(say("qkRopeHeadDim", "must be even: pairs are rotated"));
  if (!Number.isInteger(perGroup))
    found.push(say("numGroups", `must divide ${named("numRoutedExperts")} = ${numRoutedExperts}`));
  else if (numGroups > 1 && perGroup < 2)
    found.push(say("numGroups", "leaves no two experts in a group, by which groups are ranked"));
  if (topKGroups > numGroups) found.push(say("topKGroups", `exceeds ${named("numGroups")} = ${numGroups}`));
  else if (Number.isInteger(perGroup) && numExpertsPerToken > topKGroups * perGroup) {
    found.push(say("numExpertsPerToken", `exceeds the ${topKGroups * perGroup} experts that a token may choose from`));
  }
  for (const field of ["bosTokenId", "eosTokenId"] as const) {
    if (config[field] >= config.vocabSize)
      found.push(say(field, `is no row of the embedding: ${named("vocabSize")} = ${config.vocabSize}`));
  }
  return found;
}
