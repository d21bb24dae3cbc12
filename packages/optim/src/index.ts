/** Muon and AdamW, which parameter belongs to which, learning-rate schedules, and clipping. */
export { AdamW, type AdamWOptions } from "./adamw.ts";
export { clipGradNorm } from "./clip.ts";
export { CombinedOptimizer } from "./combined-optimizer.ts";
export { GroupedOptimizer, type GroupInput, type GroupOptions, type ParameterGroup } from "./grouped-optimizer.ts";
export { Muon, type MuonOptions } from "./muon.ts";
export { MuonWithAdamW, type MuonWithAdamWOptions } from "./muon-with-adamw.ts";
export {
  type Coefficients,
  type NewtonSchulzOptions,
  newtonSchulz,
  newtonSchulzCoefficients,
} from "./newton-schulz.ts";
export { Optimizer, type UpdateOptions } from "./optimizer.ts";
export { moonlightGroups, type ParameterGroups, type ParameterRule, parameterGroups } from "./parameter-groups.ts";
export type { Parameters } from "./parameters.ts";
export {
  constant,
  type MoonlightScheduleOptions,
  moonlightSchedule,
  moonlightTokens,
  type Schedule,
  type WarmupCosineOptions,
  warmupCosine,
} from "./schedules.ts";
export type { OptimizerStateDict, SavedOptimizerState } from "./state.ts";
export { type ScaleRule, scaleRules } from "./update-scale.ts";
