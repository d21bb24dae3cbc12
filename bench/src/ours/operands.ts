import { Generator, realize, type Variable, variable } from "@tsuki/core";

/** Standard normal numbers. */
export function randomVariable(shape: readonly number[], seed: number): Variable {
  return variable(new Generator(seed).normal(shape));
}

/** Gives memory back. */
export function disposeAll(variables: readonly Variable[]): Promise<void> {
  for (const one of variables) one.dispose();
  return realize();
}
