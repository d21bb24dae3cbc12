import { dtypes } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import { defineOp, noKey, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { binary, logical } from "./apply.ts";
import { asTensor, broadcastShapes, build, constantLike, operands, promote } from "./build.ts";
import { cast } from "./conversion.ts";
import { elementwise } from "./elementwise.ts";

const notOp: Op<null> = elementwise("logicalNot", "not");

/** a = b */
export const eq: (a: TensorLike, b: TensorLike) => Tensor = binary(elementwise("eq", "eq"), "bool");

/** a ≠ b */
export const ne: (a: TensorLike, b: TensorLike) => Tensor = binary(elementwise("ne", "ne"), "bool");

/** a < b */
export const lt: (a: TensorLike, b: TensorLike) => Tensor = binary(elementwise("lt", "lt"), "bool");

/** a ≤ b */
export const le: (a: TensorLike, b: TensorLike) => Tensor = binary(elementwise("le", "le"), "bool");

/** a > b */
export const gt: (a: TensorLike, b: TensorLike) => Tensor = binary(elementwise("gt", "gt"), "bool");

/** a ≥ b */
export const ge: (a: TensorLike, b: TensorLike) => Tensor = binary(elementwise("ge", "ge"), "bool");

/** a and b, of truth values (a number is true where it is not 0). */
export const logicalAnd: (a: TensorLike, b: TensorLike) => Tensor = logical(elementwise("logicalAnd", "and"));

/** a or b. */
export const logicalOr: (a: TensorLike, b: TensorLike) => Tensor = logical(elementwise("logicalOr", "or"));

/** Either a or b, not both. */
export const logicalXor: (a: TensorLike, b: TensorLike) => Tensor = logical(elementwise("logicalXor", "ne"));

/** not a. */
export function logicalNot(a: TensorLike): Tensor {
  const tensor = cast(asTensor(a, "logicalNot"), "bool");
  return build(notOp, [tensor], null, { shape: tensor.shape, dtype: "bool" });
}

const whereOp: Op<null> = defineOp<null>({
  name: "where",
  key: noKey,
  gradient: ([g], { inputs: [condition], needs }) => [
    null,
    g && needs(1) ? where(condition, g, constantLike(0, g)) : null,
    g && needs(2) ? where(condition, constantLike(0, g), g) : null,
  ],
  lower: (l, inputs, _attributes, [{ shape, dtype }]) => [
    l.map("select", dtypes[dtype].compute, ...inputs.map((input) => l.expand(input, shape))),
  ],
});

/** a where the condition holds, else b; the branch that is not taken gets the gradient 0. */
export function where(condition: TensorLike, a: TensorLike, b: TensorLike): Tensor {
  const test = asTensor(condition, "where");
  if (test.dtype !== "bool") throw new DTypeError(`where: the condition is bool, not ${test.dtype}; compare first`);
  const [left, right] = operands("where", a, b);
  const dtype = promote("where", left, right);
  const shape = broadcastShapes("where", test.shape, broadcastShapes("where", left.shape, right.shape));
  return build(whereOp, [test, cast(left, dtype), cast(right, dtype)], null, { shape, dtype });
}
