import { isFloat } from "../dtype.ts";
import { ArgumentError } from "../errors.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import type { Value } from "../plan/value.ts";
import { binary } from "./apply.ts";
import { mul, reciprocal, rsqrt, sqrt, sub } from "./arithmetic.ts";
import { constantLike } from "./build.ts";
import { eq, ge, logicalAnd, where } from "./comparison.ts";
import { asFloats, asNumbers } from "./conversion.ts";
import { type Apply, elementwise } from "./elementwise.ts";
import { log } from "./exponential.ts";

const power: (x: TensorLike, n: TensorLike) => Tensor = binary(
  elementwise(
    "pow",
    (s, x, n) => (x.expr.dtype === "int32" ? integerPower(s, x, n) : s("pow", x, n)),
    (g, [x, n], y) => {
      const [zero, one] = [constantLike(0, g), constantLike(1, g)];
      const flat = eq(n, zero);
      // What is not finite is kept out of the branches, or it would be NaN in their gradients.
      return [
        where(flat, zero, mul(g, mul(n, pow(x, where(flat, zero, sub(n, one)))))),
        mul(g, mul(y, log(where(logicalAnd(eq(x, zero), ge(n, zero)), one, x)))),
      ];
    },
  ),
);

/** By squaring; negative powers are 0, but for those of ±1. */
function integerPower(s: Apply, x: Value, n: Value): Value {
  const isUnit = s("eq", s("abs", x), 1);
  let result = s("select", s("or", isUnit, s("ge", n, 0)), 1, 0);
  let factor = x;
  for (let bit = 0; bit < 31; bit++) {
    result = s("select", s("eq", s("bitAnd", n, 2 ** bit), 0), result, s("mul", result, factor));
    factor = s("mul", factor, factor);
  }
  return result;
}

/**
 * xⁿ. A number n is structure: whole numbers up to 4 (of integers, all) are products, ±1/2 roots. Edges as in C and NumPy:
 * x⁰ = 1ⁿ = 1 also of NaN, a negative x has whole powers only, else NaN. Integers to the power of a tensor stay integers,
 * and wrap; integers to the power of a negative number or a fraction become floats.
 *
 * @throws ArgumentError where n is a number that is not finite
 */
export function pow(x: TensorLike, n: TensorLike): Tensor {
  if (typeof n !== "number") return power(x, n);
  if (!Number.isFinite(n)) throw new ArgumentError(`pow: the exponent is a finite number, not ${n}`);
  const tensor = asNumbers(x, "pow");
  if (Number.isInteger(n) && n > 0 && n <= 4) return product(tensor, n);
  if (n === 0.5) return sqrt(tensor);
  if (n === -0.5) return rsqrt(tensor);
  if (n === -1) return reciprocal(tensor);
  const whole = !isFloat(tensor.dtype) && n === (n | 0) && n >= 0;
  const base = whole ? tensor : asFloats(tensor);
  return power(base, constantLike(n, base));
}

function product(x: Tensor, n: number): Tensor {
  if (n === 1) return x;
  const half = product(x, n >> 1);
  const even = mul(half, half);
  return n & 1 ? mul(even, x) : even;
}
