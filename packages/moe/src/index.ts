/** Mixture of experts, multi-head latent attention, and the Moonlight language model. */
export { MultiHeadLatentAttention, type Projections } from "./attention.ts";
export { biasDirection, type LoadStatistics, loadStatistics, sequenceAuxiliaryLoss } from "./balance.ts";
export { type DecoderContext, DecoderLayer } from "./block.ts";
export { checkConfig, isMoELayer, type MoonlightConfig, moonlight16B } from "./config.ts";
export { RoutedExperts } from "./experts.ts";
export { configFromHuggingFace, toHuggingFace } from "./huggingface.ts";
export { type LanguageModelLoss, type LossOptions, languageModelLoss } from "./loss.ts";
export { Moonlight, type MoonlightContext, MoonlightModel } from "./model.ts";
export { MoE } from "./moe.ts";
export type { Observation, Observe } from "./observation.ts";
export {
  countParameters,
  type ParameterCounts,
  type ParameterShape,
  parameterShapes,
  trainingFlopsPerToken,
} from "./parameters.ts";
export { Router } from "./router.ts";
export { type Routing, type RoutingOptions, route } from "./routing.ts";
