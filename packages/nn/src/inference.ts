import { noGrad } from "@tsuki/core";
import type { Module } from "./module.ts";

/** Runs a synchronous function with the module in inference mode and without gradients; then every mode is as before. */
export function inference<T>(module: Module, body: () => T): T {
  return inferenceOf([...module.namedModules().values()], body);
}

/** The same for a module and those below it that are listed already: listing them costs more than a small step. */
export function inferenceOf<T>(modules: readonly Module[], body: () => T): T {
  const modes = modules.map((part) => part.training);
  for (const part of modules) part.training = false;
  try {
    return noGrad(body);
  } finally {
    for (const [i, part] of modules.entries()) part.training = modes[i];
  }
}
