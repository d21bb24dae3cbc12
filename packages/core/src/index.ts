/** Tsuki: tensors and gradients as one lazy graph, run as compiled plans. */
import { registerBackend } from "./device/registry.ts";
import { createWasmBackend } from "./backends/wasm/index.ts";
import { installMethods } from "./graph/fluent.ts";
import * as methods from "./ops/methods.ts";
import * as reading from "./tensor/reading.ts";
import { defaultDevice } from "./device/default.ts";
import type { Stats } from "./device/stats.ts";

installMethods(methods);
installMethods(reading);
registerBackend("wasm", createWasmBackend);

export { grad, type GradOptions } from "./autograd/backward.ts";
export { gradcheck, GradcheckError, type GradcheckOptions } from "./autograd/gradcheck.ts";
export { defaultDevice, setDefaultDevice } from "./device/default.ts";
export { Device } from "./device/device.ts";
export type { BackendOptions } from "./device/registry.ts";
export type { Stats } from "./device/stats.ts";
export { dtypes, isFloat, type ComputeDType, type DType, type TypedArray } from "./dtype.ts";
export * from "./errors.ts";
export { together } from "./graph/effect.ts";
export { enableGrad, noGrad, scope } from "./graph/scope.ts";
export { Tensor, type TensorLike } from "./graph/tensor.ts";
export { Variable, type VariableOptions } from "./graph/variable.ts";
export type { TensorData } from "./io/data.ts";
export { decodeSafetensors, encodeSafetensors } from "./io/safetensors.ts";
export { arange, eye, full, ones, onesLike, zeros, zerosLike, type CreationOptions } from "./ops/creation.ts";
export { groupBy, histogram, oneHot, scatterAdd } from "./ops/indexing.ts";
export * from "./ops/methods.ts";
export { defaultGenerator, Generator, manualSeed } from "./ops/random.ts";
export { concat, stack } from "./ops/views.ts";
export { where } from "./ops/comparison.ts";
export { fromData, parameter, tensor, variable, withDefaultDtype, type TensorOptions } from "./tensor/create.ts";
export { callback, hostCall } from "./tensor/host.ts";
export { describe } from "./tensor/print.ts";
export { array, backward, data, item, keep, show, type NestedArray } from "./tensor/reading.ts";
export { readAll, realize } from "./tensor/realize.ts";

/** What the default device has done and holds. */
export function stats(): Stats {
  return defaultDevice().stats();
}

/** The default device's compiled plans as text. */
export function explain(): string {
  return defaultDevice().explain();
}
