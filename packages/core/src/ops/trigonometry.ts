/**
 * Angles are in radians. In float32 on wasm within 2 ulp for sin, cos, atan and atan2, 3 for the others; sin, cos and tan
 * where |x| < 2²⁸.
 */
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import type { Value } from "../plan/value.ts";
import { floatBinary, floatUnary } from "./apply.ts";
import { add, div, mul, neg, rsqrt, square, sub } from "./arithmetic.ts";
import { constantLike } from "./build.ts";
import { type Apply, elementwise } from "./elementwise.ts";

/** √(1 − x²), with all places near ±1. */
function leg(s: Apply, x: Value): Value {
  return s("sqrt", s("mul", s("sub", 1, x), s("add", 1, x)));
}

/** 1 / √(1 − x²) */
function ofArc(x: Tensor): Tensor {
  return rsqrt(sub(constantLike(1, x), square(x)));
}

/** Sine. */
export const sin: (x: TensorLike) => Tensor = floatUnary(elementwise("sin", "sin", (g, [x]) => [mul(g, cos(x))]));

/** Cosine. */
export const cos: (x: TensorLike) => Tensor = floatUnary(elementwise("cos", "cos", (g, [x]) => [neg(mul(g, sin(x)))]));

/** Tangent. */
export const tan: (x: TensorLike) => Tensor = floatUnary(
  elementwise(
    "tan",
    (s, x) => s("div", s("sin", x), s("cos", x)),
    (g, _inputs, y) => [mul(g, add(square(y), constantLike(1, y)))],
  ),
);

/** The angle in [−π/2, π/2] whose sine is x; NaN where |x| > 1. */
export const asin: (x: TensorLike) => Tensor = floatUnary(
  elementwise(
    "asin",
    (s, x) => s("atan2", x, leg(s, x)),
    (g, [x]) => [mul(g, ofArc(x))],
  ),
);

/** The angle in [0, π] whose cosine is x; NaN where |x| > 1. */
export const acos: (x: TensorLike) => Tensor = floatUnary(
  elementwise(
    "acos",
    (s, x) => s("atan2", leg(s, x), x),
    (g, [x]) => [neg(mul(g, ofArc(x)))],
  ),
);

/** The angle in [−π/2, π/2] whose tangent is x. */
export const atan: (x: TensorLike) => Tensor = floatUnary(
  elementwise(
    "atan",
    (s, x) => s("atan2", x, 1),
    (g, [x]) => [div(g, add(square(x), constantLike(1, x)))],
  ),
);

/** The angle in [−π, π] of the point (x, y). */
export const atan2: (y: TensorLike, x: TensorLike) => Tensor = floatBinary(
  elementwise("atan2", "atan2", (g, [y, x]) => {
    const share = div(g, add(square(x), square(y)));
    return [mul(share, x), neg(mul(share, y))];
  }),
);
