import { checkOptions, ShapeError, type Tensor, type Variable } from "@tsuki/core";
import { checkReduction, type Reduction, reduce } from "./reduction.ts";

/**
 * (x − y)², by default its mean over all entries.
 *
 * @throws ShapeError where the shapes differ: [n, 1] with [n] would broadcast to [n, n] without a word.
 */
export function mseLoss(x: Tensor, y: Tensor | Variable, options: { readonly reduction?: Reduction } = {}): Tensor {
  checkOptions("mseLoss", options, "reduction");
  const { reduction = "mean" } = options;
  checkReduction("mseLoss", reduction);
  if (String(x.shape) !== String(y.shape)) {
    throw new ShapeError(`mseLoss: equal shapes are needed, not [${x.shape}] and [${y.shape}]`);
  }
  return reduce(x.sub(y).square(), reduction);
}
