/** Modules, layers, losses, and the generation of tokens. */
export { type AttentionContext, type AttentionOptions, scaledDotProductAttention } from "./attention.ts";
export { type AttentionCache, KVCache, type KVCacheOptions, type PrefillOptions } from "./cache.ts";
export type { ClassTargetOptions } from "./class-targets.ts";
export {
  type ConfigField,
  type ConfigKeys,
  type ConfigRange,
  type ConfigSchema,
  checkConfig,
  configRanges,
  readConfig,
  writeConfig,
} from "./config.ts";
export { type CrossEntropyOptions, crossEntropy } from "./cross-entropy.ts";
export { documentIds, documentPositions } from "./documents.ts";
export { Dropout, dropout } from "./dropout.ts";
export { Embedding, type EmbeddingOptions } from "./embedding.ts";
export { type GenerateOptions, generate, type RowToken } from "./generate.ts";
export { inference } from "./inference.ts";
export type { Initializer } from "./init.ts";
export * as init from "./init.ts";
export { Int8Linear, quantizeLinear } from "./int8-linear.ts";
export type { LanguageModel, LanguageModelContext } from "./language-model.ts";
export { Linear, type LinearOptions } from "./linear.ts";
export { Llama, LlamaDecoderLayer, LlamaModel } from "./llama.ts";
export { type LlamaConfig, llamaConfigFromHuggingFace, llamaConfigToHuggingFace } from "./llama-config.ts";
export {
  type ApplyLoRAOptions,
  applyLoRA,
  LoRALinear,
  type LoRAOptions,
  loadLoRAStateDict,
  loraStateDict,
  mergeLoRA,
  removeLoRA,
  unmergeLoRA,
} from "./lora.ts";
export { MLP, type MLPOptions } from "./mlp.ts";
export { type ForwardHook, type ForwardPreHook, Module } from "./module.ts";
export { mseLoss } from "./mse-loss.ts";
export { MultiHeadAttention, type MultiHeadAttentionOptions } from "./multi-head-attention.ts";
export { type NllLossOptions, nllLoss } from "./nll-loss.ts";
export {
  LayerNorm,
  type LayerNormModuleOptions,
  type LayerNormOptions,
  layerNorm,
  type NormOptions,
  RMSNorm,
  type RMSNormOptions,
  rmsNorm,
} from "./normalization.ts";
export { HostGenerator } from "./random.ts";
export type { Reduction } from "./reduction.ts";
export { type BufferOptions, buffer, type SliceName, stackedParameter } from "./roles.ts";
export { RotaryEmbedding, type RotaryEmbeddingOptions } from "./rotary.ts";
export { type SampleOptions, type SampleTokensOptions, sampleTokens } from "./sample.ts";
export { Sequential, type SequentialStep } from "./sequential.ts";
export type { LoadOptions, LoadReport } from "./state.ts";
export { type CastParametersOptions, castParameters } from "./storage.ts";
export { type SummaryOptions, summary } from "./summary.ts";
export { SwiGLU, type SwiGLUOptions } from "./swiglu.ts";
export type { VisibilityOptions } from "./visibility.ts";
export { type ZLossOptions, zLoss } from "./z-loss.ts";
