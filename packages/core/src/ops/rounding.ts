import { isFloat } from "../dtype.ts";
import { ArgumentError } from "../errors.ts";
import type { Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { unary } from "./apply.ts";
import { div, mul } from "./arithmetic.ts";
import { asTensor, checkOptions, constantLike } from "./build.ts";
import { elementwise, flat } from "./elementwise.ts";

const floorOp: Op<null> = elementwise("floor", "floor", flat);
const ceilOp: Op<null> = elementwise("ceil", "ceil", flat);
const truncOp: Op<null> = elementwise("trunc", (s, x) => s("copySign", s("floor", s("abs", x)), x), flat);
const roundOp: Op<null> = elementwise("round", "round", flat);

/** ⌊x⌋; gradient 0. Integers stay as they are. */
export function floor(x: TensorLike): Tensor {
  return rounded(floorOp, x);
}

/** ⌈x⌉; gradient 0. Integers stay as they are. */
export function ceil(x: TensorLike): Tensor {
  return rounded(ceilOp, x);
}

/** x without its fraction; gradient 0. Integers stay as they are. */
export function trunc(x: TensorLike): Tensor {
  return rounded(truncOp, x);
}

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
  if (decimals === 0 || !isFloat(tensor.dtype)) return rounded(roundOp, tensor);
  const unit = constantLike(10 ** Math.abs(decimals), tensor);
  const [scale, back] = decimals > 0 ? [mul, div] : [div, mul];
  return back(rounded(roundOp, scale(tensor, unit)), unit);
}

function rounded(op: Op<null>, x: TensorLike): Tensor {
  const tensor = asTensor(x, op.name);
  return isFloat(tensor.dtype) ? unary(op, tensor) : tensor;
}
