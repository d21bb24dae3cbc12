import { type ComputeDType, isFloat } from "../dtype.ts";
import type { Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { asTensor, broadcastShapes, build, defaultFloat, operands, promote } from "./build.ts";
import { cast } from "./conversion.ts";

/** Applies an op to operands in one dtype, broadcast to one shape. */
export function meet(
  op: Op<null>,
  inputs: readonly Tensor[],
  dtype: ComputeDType,
  result: ComputeDType = dtype,
): Tensor {
  let { shape } = inputs[0];
  for (const x of inputs) shape = broadcastShapes(op.name, shape, x.shape);
  const alike = inputs.every((x) => x.dtype === dtype) ? inputs : inputs.map((x) => cast(x, dtype));
  return build(op, alike, null, { shape, dtype: result });
}

/** The dtype of numbers in which operands meet: truth counts as 0 and 1. */
export function numberType(op: string, ...inputs: readonly Tensor[]): ComputeDType {
  const dtype = promote(op, ...inputs);
  return dtype === "bool" ? "int32" : dtype;
}

/** The dtype of floats in which operands meet. */
export function floatType(op: string, ...inputs: readonly Tensor[]): ComputeDType {
  const dtype = promote(op, ...inputs);
  return isFloat(dtype) ? dtype : defaultFloat();
}

/** The function of a two-operand op of numbers: a number takes the other's dtype, dtypes meet, shapes broadcast. */
export function binary(op: Op<null>, result?: ComputeDType): (a: TensorLike, b: TensorLike) => Tensor {
  return (a, b) => {
    const both = operands(op.name, a, b);
    return meet(op, both, numberType(op.name, ...both), result);
  };
}

/** The same for ops that compute in floats: integers become floats first. */
export function floatBinary(op: Op<null>): (a: TensorLike, b: TensorLike) => Tensor {
  return (a, b) => {
    const both = operands(op.name, a, b);
    return meet(op, both, floatType(op.name, ...both));
  };
}

/** The function of a two-operand op of truth values: a number is true where it is not 0. */
export function logical(op: Op<null>): (a: TensorLike, b: TensorLike) => Tensor {
  return (a, b) => meet(op, operands(op.name, a, b), "bool");
}

/** The function of a one-operand op of numbers, in the tensor's own dtype. */
export function unary(op: Op<null>): (x: TensorLike) => Tensor {
  return (x) => {
    const tensor = asTensor(x, op.name);
    return meet(op, [tensor], numberType(op.name, tensor));
  };
}

/** The function of a one-operand op that computes in floats. */
export function floatUnary(op: Op<null>, result?: ComputeDType): (x: TensorLike) => Tensor {
  return (x) => {
    const tensor = asTensor(x, op.name);
    return meet(op, [tensor], floatType(op.name, tensor), result);
  };
}
