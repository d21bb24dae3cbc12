/** Muon, AdamW and SGD, which parameter belongs to which, schedules, clipping, and averages of weights. */
export { AdamW, type AdamWOptions } from "./adamw.ts";
export { clipGradNorm } from "./clip.ts";
export { CombinedOptimizer } from "./combined-optimizer.ts";
export { GroupedOptimizer, type Ready, type Update } from "./grouped-optimizer.ts";
export type { GroupInput, GroupOptions, OptimizerKind, ParameterGroup } from "./groups.ts";
export { type MoonlightScheduleOptions, moonlightSchedule, moonlightTokens } from "./moonlight-schedule.ts";
export { Muon, type MuonOptions } from "./muon.ts";
export { MuonWithAdamW, type MuonWithAdamWOptions } from "./muon-with-adamw.ts";
export { type NewtonSchulzOptions, newtonSchulz } from "./newton-schulz.ts";
export { type CoefficientSet, type Coefficients, newtonSchulzCoefficients } from "./newton-schulz-coefficients.ts";
export type { NewtonSchulzForm } from "./newton-schulz-segments.ts";
export { Optimizer, type OptimizerOptions, type UpdateOptions } from "./optimizer.ts";
export { moonlightGroups, type ParameterGroups, type ParameterRule, parameterGroups } from "./parameter-groups.ts";
export type { Parameters } from "./parameters.ts";
export { type GroupSchedules, Scheduler, type SchedulerStateDict } from "./scheduler.ts";
export {
  constant,
  type Schedule,
  type WarmupDecayOptions,
  type WarmupOptions,
  type WarmupPolynomialOptions,
  type WarmupStableDecayOptions,
  warmupCosine,
  warmupInverseSqrt,
  warmupLinear,
  warmupPolynomial,
  warmupStableDecay,
} from "./schedules.ts";
export { SGD, type SGDOptions } from "./sgd.ts";
export type { Splits } from "./splits.ts";
export type { OptimizerStateDict, SavedOptimizerState } from "./state.ts";
export { type ScaleRule, scaleRules } from "./update-scale.ts";
export { type AverageUpdateOptions, WeightAverage, type WeightAverageOptions } from "./weight-average.ts";
