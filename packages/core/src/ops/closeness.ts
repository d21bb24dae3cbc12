import { ArgumentError } from "../errors.ts";
import { numberLeaf } from "../graph/leaves.ts";
import type { Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { floatType, meet } from "./apply.ts";
import { broadcastShapes, checkOptions, operands } from "./build.ts";
import { logicalAnd, logicalOr } from "./comparison.ts";
import { elementwise } from "./elementwise.ts";
import { isNaN } from "./finiteness.ts";
import { all } from "./reduction.ts";

export interface ClosenessOptions {
  /** Relative to b; default 1e-5. */
  readonly rtol?: number;
  /** Absolute; default 1e-8. */
  readonly atol?: number;
  /** Whether NaN is close to NaN; default false. */
  readonly equalNan?: boolean;
}

const isCloseOp: Op<null> = elementwise("isClose", (s, a, b, rtol, atol) => {
  const size = s("abs", b);
  const near = s("le", s("abs", s("sub", a, b)), s("add", atol, s("mul", rtol, size)));
  return s("or", s("eq", a, b), s("and", s("lt", size, Number.POSITIVE_INFINITY), near));
});

/**
 * Whether |a − b| ≤ atol + rtol·|b|, element by element; equal infinities are close.
 *
 * @throws ArgumentError where a tolerance is negative or NaN
 */
export function isClose(a: TensorLike, b: TensorLike, options: ClosenessOptions = {}): Tensor {
  return near("isClose", a, b, options);
}

function near(op: string, a: TensorLike, b: TensorLike, options: ClosenessOptions): Tensor {
  checkOptions(op, options, "rtol", "atol", "equalNan");
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options;
  if (!(rtol >= 0 && atol >= 0))
    throw new ArgumentError(`${op}: rtol and atol are numbers ≥ 0, not ${rtol} and ${atol}`);
  const both = operands(op, a, b);
  broadcastShapes(op, both[0].shape, both[1].shape);
  const dtype = floatType(op, ...both);
  const close = meet(isCloseOp, [...both, numberLeaf(rtol, dtype), numberLeaf(atol, dtype)], dtype, "bool");
  return equalNan ? logicalOr(close, logicalAnd(isNaN(both[0]), isNaN(both[1]))) : close;
}

/** Whether all elements are close: a truth value without axes. */
export function allClose(a: TensorLike, b: TensorLike, options: ClosenessOptions = {}): Tensor {
  return all(near("allClose", a, b, options));
}
