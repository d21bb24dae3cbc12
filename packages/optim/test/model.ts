import { readAll, type TensorData, type Variable } from "@tsuki/core";
import type { Optimizer } from "../src/optimizer.ts";
import type { Place } from "./devices.ts";
import { gaussian } from "./matrix.ts";
import { backwardWith, weight } from "./training.ts";

/** A small model's parameters: two matrices of one shape (up to transposition), experts, embedding and gain. */
export const shapes: Readonly<Record<string, readonly number[]>> = {
  "embed_tokens.weight": [5, 4],
  "q_proj.weight": [3, 4],
  "o_proj.weight": [4, 3],
  "experts.weight": [2, 3, 4],
  "norm.weight": [4],
};

export type Weights = Readonly<Record<string, Variable>>;

export function model(place: Place, seed = 1): Weights {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => [name, weight(place, shape, numbers(shape, seed + i))]),
  );
}

export function numbers(shape: readonly number[], seed: number): Float64Array {
  return gaussian(
    1,
    shape.reduce((product, extent) => product * extent, 1),
    seed,
  ).data;
}

/** Gradients of a step; those of `absent` have none, and what is poisoned has an element that is not finite. */
export function backwardAt(
  weights: Weights,
  step: number,
  absent: readonly string[] = [],
  poison: Readonly<Record<string, number>> = {},
): void {
  backwardWith(
    ...Object.entries(weights).map(([name, w], i) => {
      const gradient = numbers(w.shape, 1000 * step + i);
      if (name in poison) gradient[step % gradient.length] = poison[name];
      return [w, absent.includes(name) ? null : gradient] as const;
    }),
  );
}

export async function contents(variables: Readonly<Record<string, Variable>>): Promise<Record<string, number[]>> {
  const read = await readAll(variables);
  return Object.fromEntries(Object.entries(read).map(([name, { data }]) => [name, [...data]]));
}

/** What a checkpoint keeps. */
export async function saved(
  optimizer: Optimizer,
): Promise<{ tensors: Record<string, TensorData>; steps: Record<string, number> }> {
  const { tensors, steps } = optimizer.stateDict();
  return { tensors: await readAll(tensors), steps: { ...steps } };
}
