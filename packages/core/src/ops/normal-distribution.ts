/** Normal numbers by plain float32 operations: the same on backends that compute as IEEE says. */
import { apply, constant, type Expr } from "../plan/expr.ts";
import { int, ints } from "./random-bits.ts";

const float = (value: number): Expr => constant(value, "float32");
const floats = (op: "add" | "sub" | "mul" | "div", a: Expr, b: Expr): Expr => apply(op, "float32", a, b);

/** c₀·xⁿ + … + cₙ by plain float32 products and sums, in Horner's order. */
function polynomial(coefficients: readonly number[], x: Expr): Expr {
  return coefficients
    .slice(1)
    .reduce((sum, c) => floats("add", floats("mul", sum, x), float(c)), float(coefficients[0]));
}

/** log x for normal positive x by plain float32 operations: x = m·2ᵉ with m near 1, and a polynomial of m − 1 (Cephes). */
function plainLog(x: Expr): Expr {
  const bits = ints("sub", apply("bitcast", "int32", x), int(0x3f3504f3));
  const exponent = apply(
    "cast",
    "float32",
    ints("sub", ints("shiftRight", ints("add", bits, int(0x3f800000)), int(23)), int(127)),
  );
  const mantissa = ints("add", ints("bitAnd", bits, int(0x007fffff)), int(0x3f3504f3));
  const t = floats("sub", apply("bitcast", "float32", mantissa), float(1));
  const square = floats("mul", t, t);
  const tail = polynomial(
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
      2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
    t,
  );
  const cubic = floats("mul", floats("mul", t, square), tail);
  const low = floats("add", cubic, floats("mul", exponent, float(-2.1219444e-4)));
  const sum = floats("add", floats("sub", low, floats("mul", float(0.5), square)), t);
  return floats("add", sum, floats("mul", exponent, float(0.693359375)));
}

/**
 * A standard normal number from a uniform u in [0, 1): √2·erf⁻¹(2u − 1), the inverse error function by M. Giles'
 * single-precision polynomials ("Approximating the erfinv function").
 */
export function normalFromUniform(u: Expr): Expr {
  // 2u − 1 moved by half a step: symmetric around 0, and never −1.
  const x = floats("add", floats("sub", floats("mul", u, float(2)), float(1)), float(2 ** -24));
  const w = apply("neg", "float32", plainLog(floats("mul", floats("sub", float(1), x), floats("add", float(1), x))));
  const centre = polynomial(
    [
      2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 2.1858087e-4, -1.25372503e-3, -4.17768164e-3,
      0.246640727, 1.50140941,
    ],
    floats("sub", w, float(2.5)),
  );
  const tails = polynomial(
    [
      -2.00214257e-4, 1.00950558e-4, 1.34934322e-3, -3.67342844e-3, 5.73950773e-3, -7.6224613e-3, 9.43887047e-3,
      1.00167406, 2.83297682,
    ],
    floats("sub", apply("sqrt", "float32", w), float(3)),
  );
  const p = apply("select", "float32", apply("lt", "bool", w, float(5)), centre, tails);
  return floats("mul", floats("mul", p, x), float(Math.SQRT2));
}
