import type { Variable } from "@tsuki/core";

/** Numbers in the parameters of a model. */
export function countNumbers(parameters: readonly Variable[]): number {
  return parameters.reduce((sum, { size }) => sum + size, 0);
}
