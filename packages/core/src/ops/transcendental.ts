import type { Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { floatUnary } from "./apply.ts";
import { div, mul, neg, square, sub } from "./arithmetic.ts";
import { constantLike } from "./build.ts";
import { elementwise } from "./elementwise.ts";

const expOp: Op<null> = elementwise("exp", "exp", (g, _inputs, y) => [mul(g, y)]);
const logOp: Op<null> = elementwise("log", "log", (g, [x]) => [div(g, x)]);
const sinOp: Op<null> = elementwise("sin", "sin", (g, [x]) => [mul(g, cos(x))]);
const cosOp: Op<null> = elementwise("cos", "cos", (g, [x]) => [neg(mul(g, sin(x)))]);
const tanhOp: Op<null> = elementwise("tanh", "tanh", (g, _inputs, y) => [mul(g, sub(constantLike(1, y), square(y)))]);
const sigmoidOp: Op<null> = elementwise("sigmoid", "sigmoid", (g, _inputs, y) => [
  mul(g, mul(y, sub(constantLike(1, y), y))),
]);

/** eˣ */
export function exp(x: TensorLike): Tensor {
  return floatUnary(expOp, x);
}

/** Natural logarithm. */
export function log(x: TensorLike): Tensor {
  return floatUnary(logOp, x);
}

/** Sine of x in radians. */
export function sin(x: TensorLike): Tensor {
  return floatUnary(sinOp, x);
}

/** Cosine of x in radians. */
export function cos(x: TensorLike): Tensor {
  return floatUnary(cosOp, x);
}

/** Hyperbolic tangent. */
export function tanh(x: TensorLike): Tensor {
  return floatUnary(tanhOp, x);
}

/** 1 / (1 + e⁻ˣ) */
export function sigmoid(x: TensorLike): Tensor {
  return floatUnary(sigmoidOp, x);
}
