/** Tsuki: tensors and gradients as one lazy graph, run as compiled plans. */

import { createWasmBackend } from "./backends/wasm/index.ts";
import { defaultDevice } from "./device/default.ts";
import { registerBackend } from "./device/registry.ts";
import type { Stats } from "./device/stats.ts";
import { installMethods } from "./graph/fluent.ts";
import * as methods from "./ops/methods.ts";
import { installPrinting } from "./tensor/print.ts";
import * as reading from "./tensor/reading.ts";

installMethods(methods);
installMethods(reading);
installPrinting();
registerBackend("wasm", createWasmBackend);

export { type BackwardOptions, type GradOptions, grad } from "./autograd/backward.ts";
export { checkpoint } from "./autograd/checkpoint.ts";
export { type CustomContext, type CustomDefinition, customFunction } from "./autograd/custom-function.ts";
export { defaultDevice, setDefaultDevice } from "./device/default.ts";
export { Device } from "./device/device.ts";
export { explain } from "./device/explain.ts";
export type { BackendOptions } from "./device/registry.ts";
export type { Stats } from "./device/stats.ts";
export { type ComputeDType, type DType, dtypes, isFloat, type TypedArray } from "./dtype.ts";
export * from "./errors.ts";
export { together } from "./graph/effect.ts";
export { enableGrad, noGrad, scope } from "./graph/scope.ts";
export { type GradientHook, Tensor, type TensorLike } from "./graph/tensor.ts";
export { Variable, type VariableOptions } from "./graph/variable.ts";
export { convert as convertData, type TensorData } from "./io/data.ts";
export { checkRecord } from "./io/record.ts";
export type { Attended, AttentionOptions } from "./ops/attention.ts";
export { checkOptions, defaultFloat as defaultDtype, shown } from "./ops/build.ts";
export type { CreationOptions } from "./ops/creation.ts";
export * from "./ops/functions.ts";
export * from "./ops/methods.ts";
export {
  defaultGenerator,
  Generator,
  manualSeed,
  type NormalOptions,
  type RandintOptions,
  type RandomSource,
  type UniformOptions,
} from "./ops/random.ts";
export type { ReduceOptions } from "./ops/reduction.ts";
export type { Sorted, SortOptions } from "./ops/sorting.ts";
export type { NormOptions, VarianceOptions } from "./ops/statistics.ts";
export { fromData, parameter, type TensorOptions, tensor, variable, withDefaultDtype } from "./tensor/create.ts";
export { callback, hostCall } from "./tensor/host.ts";
export { array, backward, data, item, keep, type NestedArray, show } from "./tensor/reading.ts";
export { readAll, realize } from "./tensor/realize.ts";
export { booleanSelect, nonzero, unique } from "./tensor/selection.ts";

/** What the default device has done and holds. */
export function stats(): Stats {
  return defaultDevice().stats();
}
