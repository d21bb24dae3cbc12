import { type ComputeDType, isFloat } from "../dtype.ts";
import type { Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { asTensor, broadcastShapes, build, computeType, defaultFloat, operands, promote } from "./build.ts";
import { cast } from "./conversion.ts";

/** Applies a two-operand op of numbers: a number takes the other's dtype, dtypes meet, shapes broadcast; truth counts as 0 and 1. */
export function binary(op: Op<null>, a: TensorLike, b: TensorLike, result?: ComputeDType): Tensor {
  const [left, right] = operands(op.name, a, b);
  return meet(op, left, right, numeric(promote(op.name, left, right)), result);
}

/** Applies a two-operand op of truth values: a number is true where it is not 0. */
export function logical(op: Op<null>, a: TensorLike, b: TensorLike): Tensor {
  const [left, right] = operands(op.name, a, b);
  return meet(op, left, right, "bool");
}

function numeric(dtype: ComputeDType): ComputeDType {
  return dtype === "bool" ? "int32" : dtype;
}

/** The same for ops that compute in floats: integers become floats first. */
export function floatBinary(op: Op<null>, a: TensorLike, b: TensorLike): Tensor {
  const [left, right] = operands(op.name, a, b);
  const dtype = promote(op.name, left, right);
  return meet(op, left, right, isFloat(dtype) ? dtype : defaultFloat());
}

function meet(op: Op<null>, left: Tensor, right: Tensor, dtype: ComputeDType, result: ComputeDType = dtype): Tensor {
  const shape = broadcastShapes(op.name, left.shape, right.shape);
  return build(op, [cast(left, dtype), cast(right, dtype)], null, { shape, dtype: result });
}

/** Applies a one-operand op of numbers in the tensor's own dtype; truth counts as 0 and 1. */
export function unary(op: Op<null>, x: TensorLike): Tensor {
  const tensor = asTensor(x);
  const dtype = numeric(computeType(tensor));
  return build(op, [cast(tensor, dtype)], null, { shape: tensor.shape, dtype });
}

/** Applies a one-operand op that computes in floats. */
export function floatUnary(op: Op<null>, x: TensorLike): Tensor {
  const tensor = asTensor(x);
  const dtype = computeType(tensor);
  const float = isFloat(dtype) ? dtype : defaultFloat();
  return build(op, [cast(tensor, float)], null, { shape: tensor.shape, dtype: float });
}
