import { dtypes } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { binary, logical } from "./apply.ts";
import { asTensor, broadcastShapes, build, constantLike, operands, promote } from "./build.ts";
import { cast } from "./conversion.ts";
import { elementwise } from "./elementwise.ts";

const eqOp: Op<null> = elementwise("eq", "eq");
const neOp: Op<null> = elementwise("ne", "ne");
const ltOp: Op<null> = elementwise("lt", "lt");
const leOp: Op<null> = elementwise("le", "le");
const gtOp: Op<null> = elementwise("gt", "gt");
const geOp: Op<null> = elementwise("ge", "ge");
const andOp: Op<null> = elementwise("logicalAnd", "and");
const orOp: Op<null> = elementwise("logicalOr", "or");
const xorOp: Op<null> = elementwise("logicalXor", "ne");
const notOp: Op<null> = elementwise("logicalNot", "not");

/** a = b */
export function eq(a: TensorLike, b: TensorLike): Tensor {
  return binary(eqOp, a, b, "bool");
}

/** a ≠ b */
export function ne(a: TensorLike, b: TensorLike): Tensor {
  return binary(neOp, a, b, "bool");
}

/** a < b */
export function lt(a: TensorLike, b: TensorLike): Tensor {
  return binary(ltOp, a, b, "bool");
}

/** a ≤ b */
export function le(a: TensorLike, b: TensorLike): Tensor {
  return binary(leOp, a, b, "bool");
}

/** a > b */
export function gt(a: TensorLike, b: TensorLike): Tensor {
  return binary(gtOp, a, b, "bool");
}

/** a ≥ b */
export function ge(a: TensorLike, b: TensorLike): Tensor {
  return binary(geOp, a, b, "bool");
}

/** a and b, of truth values (a number is true where it is not 0). */
export function logicalAnd(a: TensorLike, b: TensorLike): Tensor {
  return logical(andOp, a, b);
}

/** a or b. */
export function logicalOr(a: TensorLike, b: TensorLike): Tensor {
  return logical(orOp, a, b);
}

/** Either a or b, not both. */
export function logicalXor(a: TensorLike, b: TensorLike): Tensor {
  return logical(xorOp, a, b);
}

/** not a. */
export function logicalNot(a: TensorLike): Tensor {
  const tensor = cast(a, "bool");
  return build(notOp, [tensor], null, { shape: tensor.shape, dtype: "bool" });
}

const whereOp: Op<null> = defineOp<null>({
  name: "where",
  key: () => [],
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
