import { ShapeError } from "../errors.ts";
import { constantLeaf } from "../graph/leaves.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { asTensor, checkOptions, fillLike, shown } from "./build.ts";
import { where } from "./comparison.ts";
import { embed, slice } from "./slicing.ts";

/**
 * Surrounds with a value: `[before, after]` for every axis, negative where entries are cut off. The value is data: another
 * one is no other plan.
 */
export function pad(
  x: TensorLike,
  widths: readonly (readonly [number, number])[],
  options: { readonly value?: number } = {},
): Tensor {
  checkOptions("pad", options, "value");
  let tensor = asTensor(x, "pad");
  const { shape } = tensor;
  const isPair = (pair: readonly unknown[]): boolean =>
    Array.isArray(pair) && pair.length === 2 && pair.every(Number.isInteger);
  const fits = Array.isArray(widths) && widths.length === shape.length && widths.every(isPair);
  if (!fits || widths.some(([before, after], axis) => shape[axis] + Math.min(before, 0) + Math.min(after, 0) < 0)) {
    throw new ShapeError(
      `pad: whole [before, after] for each axis of [${shape}] are needed, that cut no more than there is, not ${shown(widths)}`,
    );
  }
  for (const [axis, [before, after]] of widths.entries()) {
    tensor = slice(tensor, axis, Math.max(-before, 0), shape[axis] - Math.max(-after, 0));
  }
  const larger = {
    start: widths.map(([before]) => Math.max(before, 0)),
    step: widths.map(() => 1),
    shape: widths.map(([before, after], axis) => shape[axis] + before + after),
  };
  const padded = embed(tensor, larger);
  if (options.value === undefined) return padded;
  return where(embed(constantLeaf(1, "bool", tensor.shape), larger), padded, fillLike("pad", options.value, padded));
}
