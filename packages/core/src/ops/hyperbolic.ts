/** In float32 on wasm within 3 ulp, sinh within 5. */
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import type { Value } from "../plan/value.ts";
import { floatUnary } from "./apply.ts";
import { add, div, mul, rsqrt, square, sub } from "./arithmetic.ts";
import { constantLike } from "./build.ts";
import { type Apply, elementwise } from "./elementwise.ts";
import { log1pFormula } from "./exponential.ts";

/** log(1 + t), which is log 2x where x is so large that t might overflow. */
function logOfTwice(s: Apply, x: Value, t: Value): Value {
  return s("select", s("lt", x, 2 ** 28), log1pFormula(s, t), s("add", s("log", x), Math.LN2));
}

/** Hyperbolic sine. */
export const sinh: (x: TensorLike) => Tensor = floatUnary(
  elementwise(
    "sinh",
    (s, x) => {
      // 2 sinh(x/2) cosh(x/2): eˣ may overflow where sinh does not.
      const rise = s("expm1", s("mul", s("abs", x), 0.5));
      const e = s("add", rise, 1);
      const inverse = s("div", 1, e);
      const cosh = s("mul", 0.5, s("add", e, inverse));
      return s("copySign", s("mul", s("mul", rise, s("add", 1, inverse)), cosh), x);
    },
    (g, [x]) => [mul(g, cosh(x))],
  ),
);

/** Hyperbolic cosine. */
export const cosh: (x: TensorLike) => Tensor = floatUnary(
  elementwise(
    "cosh",
    (s, x) => {
      const e = s("exp", s("mul", s("abs", x), 0.5));
      return s("add", s("mul", s("mul", 0.5, e), e), s("div", 0.5, s("mul", e, e)));
    },
    (g, [x]) => [mul(g, sinh(x))],
  ),
);

/** Hyperbolic tangent. */
export const tanh: (x: TensorLike) => Tensor = floatUnary(
  elementwise("tanh", "tanh", (g, _inputs, y) => [mul(g, sub(constantLike(1, y), square(y)))]),
);

/** The number whose hyperbolic sine is x. */
export const asinh: (x: TensorLike) => Tensor = floatUnary(
  elementwise(
    "asinh",
    (s, x) => {
      const a = s("abs", x);
      const square = s("mul", a, a);
      const beyond = s("div", square, s("add", 1, s("sqrt", s("add", square, 1))));
      return s("copySign", logOfTwice(s, a, s("add", a, beyond)), x);
    },
    (g, [x]) => [mul(g, rsqrt(add(square(x), constantLike(1, x))))],
  ),
);

/** The number ≥ 0 whose hyperbolic cosine is x; NaN where x < 1. */
export const acosh: (x: TensorLike) => Tensor = floatUnary(
  elementwise(
    "acosh",
    (s, x) => {
      const t = s("sub", x, 1);
      return logOfTwice(s, x, s("add", t, s("mul", s("sqrt", t), s("sqrt", s("add", x, 1)))));
    },
    (g, [x]) => [mul(g, rsqrt(sub(square(x), constantLike(1, x))))],
  ),
);

/** The number whose hyperbolic tangent is x; NaN where |x| > 1. */
export const atanh: (x: TensorLike) => Tensor = floatUnary(
  elementwise(
    "atanh",
    (s, x) => {
      const a = s("abs", x);
      const ratio = s("div", s("add", a, a), s("sub", 1, a));
      return s("copySign", s("mul", 0.5, log1pFormula(s, ratio)), x);
    },
    (g, [x]) => [div(g, sub(constantLike(1, x), square(x)))],
  ),
);
