import { type ConfigSchema, checkConfig, configRanges, readConfig, writeConfig } from "./config.ts";

/** Sizes and numbers of a Llama-style model. Plain data. */
export interface LlamaConfig {
  /** Rows of the embedding and of the language model head. */
  readonly vocabSize: number;
  /** Width of the residual stream. */
  readonly hiddenSize: number;
  /** Width of a layer's SwiGLU. */
  readonly intermediateSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  /** Heads of keys and values, each shared by as many query heads; divides `numAttentionHeads`. */
  readonly numKeyValueHeads: number;
  /** Extent of a head; even. */
  readonly headDim: number;
  readonly maxPositionEmbeddings: number;
  readonly ropeTheta: number;
  readonly rmsNormEps: number;
  /** Standard deviation of the initial weights. */
  readonly initializerRange: number;
  /** Whether the projections of attention have biases. */
  readonly attentionBias: boolean;
  /** Whether the projections of the SwiGLU have biases. */
  readonly mlpBias: boolean;
  /** The probability with which an attention weight is dropped in training. */
  readonly attentionDropout: number;
  /** Tokens see only the last ones, as many, themselves included; `null`: all earlier ones. With it the model is Mistral's. */
  readonly slidingWindow: number | null;
  /** Whether the language model head is the embedding. */
  readonly tieWordEmbeddings: boolean;
}

const { count, countOrNull, positive, notNegative, boolean, dropRate } = configRanges;

const schema: ConfigSchema<LlamaConfig> = {
  name: "Llama",
  fields: {
    vocabSize: { key: "vocab_size", range: count },
    hiddenSize: { key: "hidden_size", range: count },
    intermediateSize: { key: "intermediate_size", range: count },
    numHiddenLayers: { key: "num_hidden_layers", range: count },
    numAttentionHeads: { key: "num_attention_heads", range: count },
    numKeyValueHeads: {
      key: "num_key_value_heads",
      range: count,
      missing: (given) => given.get("num_attention_heads"),
    },
    headDim: {
      key: "head_dim",
      range: count,
      missing: (given) => quotient(given.get("hidden_size"), given.get("num_attention_heads")),
    },
    maxPositionEmbeddings: { key: "max_position_embeddings", range: count },
    ropeTheta: { key: "rope_theta", range: positive, missing: () => 10_000 },
    rmsNormEps: { key: "rms_norm_eps", range: positive },
    initializerRange: { key: "initializer_range", range: notNegative, missing: () => 0.02 },
    attentionBias: { key: "attention_bias", range: boolean, missing: () => false },
    mlpBias: { key: "mlp_bias", range: boolean, missing: () => false },
    attentionDropout: { key: "attention_dropout", range: dropRate, missing: () => 0 },
    slidingWindow: {
      key: "sliding_window",
      range: countOrNull,
      missing: (given) => (given.get("model_type") === "mistral" ? undefined : null),
    },
    tieWordEmbeddings: { key: "tie_word_embeddings", range: boolean, missing: () => false },
  },
  variants: { model_type: ["llama", "mistral"], hidden_act: ["silu"], rope_scaling: [null] },
  misfits: ({ numAttentionHeads, numKeyValueHeads, headDim }, named) => [
    ...(numAttentionHeads % numKeyValueHeads === 0
      ? []
      : [
          `${named("numKeyValueHeads")} = ${numKeyValueHeads} must divide ${named("numAttentionHeads")} = ${numAttentionHeads}`,
        ]),
    ...(headDim % 2 === 0 ? [] : [`${named("headDim")} = ${headDim} must be even: pairs are rotated`]),
  ],
};

/** NaN where one is no number: then another field is wrong too. */
function quotient(a: unknown, b: unknown): number {
  return typeof a === "number" && typeof b === "number" ? a / b : Number.NaN;
}

/** @throws ArgumentError that names every field that does not fit. */
export function checkLlamaConfig(config: LlamaConfig): void {
  checkConfig(schema, config);
}

/**
 * Reads the content of a Hugging Face `config.json` (`model_type` llama or mistral). Keys that change nothing here
 * (`torch_dtype`, `use_cache`, `bos_token_id`, …) are ignored.
 *
 * @throws ArgumentError that names every missing key, every value out of range, and every variant that this model lacks.
 */
export function llamaConfigFromHuggingFace(json: unknown): LlamaConfig {
  return readConfig(schema, withRopeParameters(json));
}

/** The content of a Hugging Face `config.json` for a model. */
export function llamaConfigToHuggingFace(config: LlamaConfig): Record<string, unknown> {
  const windowed = config.slidingWindow !== null;
  return {
    architectures: [windowed ? "MistralForCausalLM" : "LlamaForCausalLM"],
    ...writeConfig(schema, config),
    model_type: windowed ? "mistral" : "llama",
  };
}

/** Newer files hold the base and the kind of the rotary embedding in `rope_parameters`. */
function withRopeParameters(json: unknown): unknown {
  if (typeof json !== "object" || json === null || !("rope_parameters" in json)) return json;
  const { rope_parameters: rope, ...rest } = json;
  if (typeof rope !== "object" || rope === null) return rest;
  const { rope_theta: theta, ...kind } = rope as { readonly rope_theta?: unknown; readonly rope_type?: unknown };
  return { ...rest, rope_theta: theta, rope_scaling: kind.rope_type === "default" ? null : kind };
}
