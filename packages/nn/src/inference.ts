import { noGrad } from "@tsuki/core";
import type { Module } from "./module.ts";

/** Runs a synchronous function with the module in inference mode and without gradients; then every mode is as before. */
export function inference<T>(module: Module, body: () => T): T {
  const modes = Object.values(module.namedModules()).map((part) => [part, part.training] as const);
  module.eval();
  try {
    return noGrad(body);
  } finally {
    for (const [part, training] of modes) part.training = training;
  }
}
