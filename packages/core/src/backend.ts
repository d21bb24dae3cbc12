/** For authors of backends: the plan that a backend compiles and runs, and how it makes itself known. */
export { type BackendOptions, registerBackend } from "./device/registry.ts";
export { type ComputeDType, type DType, dtypes, type TypedArray } from "./dtype.ts";
export * from "./plan/backend.ts";
export * from "./plan/expr.ts";
export * from "./plan/plan.ts";
export * from "./plan/view.ts";
