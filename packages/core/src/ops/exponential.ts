/** In float32 on wasm within 1 ulp for exp2, log, log2 and log10, 2 for exp and expm1, 3 for the others. */
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { floatBinary, floatUnary } from "./apply.ts";
import { add, div, mul, neg, square, sub } from "./arithmetic.ts";
import { constantLike } from "./build.ts";
import { elementwise, type Formula } from "./elementwise.ts";

/** log(1 + x) from the logarithm of the rounded sum u, by the factor x / (u − 1) (W. Kahan). */
export const log1pFormula: Formula = (s, x) => {
  const u = s("add", x, 1);
  const isExact = s("or", s("eq", u, 1), s("eq", u, Number.POSITIVE_INFINITY));
  return s("select", isExact, x, s("mul", s("log", u), s("div", x, s("sub", u, 1))));
};

/** x · c for a constant of the definition. */
function times(x: Tensor, c: number): Tensor {
  return mul(x, constantLike(c, x));
}

/** eˣ */
export const exp: (x: TensorLike) => Tensor = floatUnary(elementwise("exp", "exp", (g, _inputs, y) => [mul(g, y)]));

/** 2ˣ */
export const exp2: (x: TensorLike) => Tensor = floatUnary(
  elementwise(
    "exp2",
    (s, x) => s("pow", 2, x),
    (g, _inputs, y) => [mul(g, times(y, Math.LN2))],
  ),
);

/** eˣ − 1, with all places where x is small. */
export const expm1: (x: TensorLike) => Tensor = floatUnary(
  elementwise("expm1", "expm1", (g, _inputs, y) => [mul(g, add(y, constantLike(1, y)))]),
);

/** Natural logarithm. */
export const log: (x: TensorLike) => Tensor = floatUnary(elementwise("log", "log", (g, [x]) => [div(g, x)]));

/** Logarithm to the base 2. */
export const log2: (x: TensorLike) => Tensor = floatUnary(
  elementwise("log2", "log2", (g, [x]) => [div(g, times(x, Math.LN2))]),
);

/** Logarithm to the base 10. */
export const log10: (x: TensorLike) => Tensor = floatUnary(
  elementwise("log10", "log10", (g, [x]) => [div(g, times(x, Math.LN10))]),
);

/** log(1 + x), with all places where x is small. */
export const log1p: (x: TensorLike) => Tensor = floatUnary(
  elementwise("log1p", log1pFormula, (g, [x]) => [div(g, add(x, constantLike(1, x)))]),
);

/** log(eᵃ + eᵇ) without overflow. */
export const logaddexp: (a: TensorLike, b: TensorLike) => Tensor = floatBinary(
  elementwise(
    "logaddexp",
    (s, a, b) => {
      const excess = log1pFormula(s, s("exp", s("neg", s("abs", s("sub", a, b)))));
      return s("add", s("max", a, b), s("select", s("eq", a, b), Math.LN2, excess));
    },
    (g, [a, b]) => [mul(g, sigmoid(sub(a, b))), mul(g, sigmoid(sub(b, a)))],
  ),
);

/** 1 / (1 + e⁻ˣ) */
export const sigmoid: (x: TensorLike) => Tensor = floatUnary(
  elementwise("sigmoid", "sigmoid", (g, _inputs, y) => [mul(g, mul(y, sub(constantLike(1, y), y)))]),
);

/** The error function, 2/√π · ∫₀ˣ e^(−t²) dt. */
export const erf: (x: TensorLike) => Tensor = floatUnary(
  elementwise("erf", "erf", (g, [x]) => [mul(g, times(exp(neg(square(x))), 2 / Math.sqrt(Math.PI)))]),
);
