/**
 * Angles are in radians. In float32 on wasm within 2 ulp for sin, cos, atan and atan2, 3 for the others; sin, cos and tan
 * where |x| < 2²⁸.
 */
import type { Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import type { Value } from "../plan/value.ts";
import { floatBinary, floatUnary } from "./apply.ts";
import { add, div, mul, neg, rsqrt, square, sub } from "./arithmetic.ts";
import { constantLike } from "./build.ts";
import { type Apply, elementwise } from "./elementwise.ts";

const sinOp: Op<null> = elementwise("sin", "sin", (g, [x]) => [mul(g, cos(x))]);
const cosOp: Op<null> = elementwise("cos", "cos", (g, [x]) => [neg(mul(g, sin(x)))]);
const tanOp: Op<null> = elementwise(
  "tan",
  (s, x) => s("div", s("sin", x), s("cos", x)),
  (g, _inputs, y) => [mul(g, add(square(y), constantLike(1, y)))],
);
const asinOp: Op<null> = elementwise(
  "asin",
  (s, x) => s("atan2", x, leg(s, x)),
  (g, [x]) => [mul(g, ofArc(x))],
);
const acosOp: Op<null> = elementwise(
  "acos",
  (s, x) => s("atan2", leg(s, x), x),
  (g, [x]) => [neg(mul(g, ofArc(x)))],
);
const atanOp: Op<null> = elementwise(
  "atan",
  (s, x) => s("atan2", x, 1),
  (g, [x]) => [div(g, add(square(x), constantLike(1, x)))],
);
const atan2Op: Op<null> = elementwise("atan2", "atan2", (g, [y, x]) => {
  const share = div(g, add(square(x), square(y)));
  return [mul(share, x), neg(mul(share, y))];
});

/** √(1 − x²), with all places near ±1. */
function leg(s: Apply, x: Value): Value {
  return s("sqrt", s("mul", s("sub", 1, x), s("add", 1, x)));
}

/** 1 / √(1 − x²) */
function ofArc(x: Tensor): Tensor {
  return rsqrt(sub(constantLike(1, x), square(x)));
}

/** Sine. */
export function sin(x: TensorLike): Tensor {
  return floatUnary(sinOp, x);
}

/** Cosine. */
export function cos(x: TensorLike): Tensor {
  return floatUnary(cosOp, x);
}

/** Tangent. */
export function tan(x: TensorLike): Tensor {
  return floatUnary(tanOp, x);
}

/** The angle in [−π/2, π/2] whose sine is x; NaN where |x| > 1. */
export function asin(x: TensorLike): Tensor {
  return floatUnary(asinOp, x);
}

/** The angle in [0, π] whose cosine is x; NaN where |x| > 1. */
export function acos(x: TensorLike): Tensor {
  return floatUnary(acosOp, x);
}

/** The angle in [−π/2, π/2] whose tangent is x. */
export function atan(x: TensorLike): Tensor {
  return floatUnary(atanOp, x);
}

/** The angle in [−π, π] of the point (x, y). */
export function atan2(y: TensorLike, x: TensorLike): Tensor {
  return floatBinary(atan2Op, y, x);
}
