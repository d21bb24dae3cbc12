/** Modules, layers, losses, and the generation of tokens. */
export { type AttentionContext, type AttentionOptions, scaledDotProductAttention } from "./attention.ts";
export { type CrossEntropyOptions, crossEntropy } from "./cross-entropy.ts";
export { Dropout, dropout } from "./dropout.ts";
export { Embedding, type EmbeddingOptions } from "./embedding.ts";
export { type GenerateOptions, generate, type LanguageModel } from "./generate.ts";
export { inference } from "./inference.ts";
export type { Initializer } from "./init.ts";
export * as init from "./init.ts";
export { Linear, type LinearOptions } from "./linear.ts";
export { Module } from "./module.ts";
export { RMSNorm, type RMSNormOptions, rmsNorm } from "./normalization.ts";
export { HostGenerator } from "./random.ts";
export { type BufferOptions, buffer, type SliceName, stackedParameter } from "./roles.ts";
export { RotaryEmbedding, type RotaryEmbeddingOptions } from "./rotary.ts";
export { type SampleOptions, sample } from "./sample.ts";
export type { LoadOptions, LoadReport } from "./state.ts";
export { SwiGLU, type SwiGLUOptions } from "./swiglu.ts";
