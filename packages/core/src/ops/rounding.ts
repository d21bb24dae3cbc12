import { isFloat } from "../dtype.ts";
import { ArgumentError } from "../errors.ts";
import type { Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { unary } from "./apply.ts";
import { div, mul } from "./arithmetic.ts";
import { asTensor, checkOptions, constantLike } from "./build.ts";
import { elementwise, flat } from "./elementwise.ts";

/** Leaves integers as they are. */
function rounding(op: Op<null>): (x: TensorLike) => Tensor {
  const rounded = unary(op);
  return (x) => {
    const tensor = asTensor(x, op.name);
    return isFloat(tensor.dtype) ? rounded(tensor) : tensor;
  };
}

/** ⌊x⌋; gradient 0. Integers stay as they are. */
export const floor: (x: TensorLike) => Tensor = rounding(elementwise("floor", "floor", flat));

/** ⌈x⌉; gradient 0. Integers stay as they are. */
export const ceil: (x: TensorLike) => Tensor = rounding(elementwise("ceil", "ceil", flat));

/** x without its fraction; gradient 0. Integers stay as they are. */
export const trunc: (x: TensorLike) => Tensor = rounding(
  elementwise("trunc", (s, x) => s("copySign", s("floor", s("abs", x)), x), flat),
);

const nearest: (x: TensorLike) => Tensor = rounding(elementwise("round", "round", flat));

/**
 * The nearest whole number, of two the even one; with `decimals`, the nearest multiple of 10^−decimals. Gradient 0;
 * integers stay as they are.
 *
 * @throws ArgumentError where `decimals` is not whole
 */
export function round(x: TensorLike, options: { readonly decimals?: number } = {}): Tensor {
  checkOptions("round", options, "decimals");
  const tensor = asTensor(x, "round");
  const { decimals = 0 } = options;
  if (!Number.isInteger(decimals)) throw new ArgumentError(`round: decimals is a whole number, not ${decimals}`);
  if (decimals === 0 || !isFloat(tensor.dtype)) return nearest(tensor);
  const unit = constantLike(10 ** Math.abs(decimals), tensor);
  const [scale, back] = decimals > 0 ? [mul, div] : [div, mul];
  return back(nearest(scale(tensor, unit)), unit);
}
