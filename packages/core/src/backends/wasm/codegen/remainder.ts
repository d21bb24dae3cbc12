import type { Vector } from "../emit/index.ts";
import { f32x4, f64x2, v128 } from "../emit/index.ts";
import type { Emission } from "./emission.ts";
import { signOf } from "./polynomial.ts";
import { narrow, widen } from "./wide.ts";

/**
 * x − trunc(x / y)·y of four float32 lanes, exact, with the sign of x (C's fmod); NaN for infinite x and for y = 0. Each
 * turn takes off the 29 leading bits of the quotient, so that its product with y is exact in float64.
 */
export function remainder(o: Emission, dividend: Vector, divisor: Vector): Vector {
  const { f, constants } = o;
  const x = f.let(dividend);
  const y = f.let(divisor);
  const divisors = widen(y);
  const rests = widen(x).map((half, i) => {
    const rest = f.let(f64x2.abs(half));
    const by = f.let(f64x2.abs(divisors[i]));
    const isLong = f64x2.ge(rest, f64x2.add(by, by));
    f.while(v128.anyTrue(isLong), () => {
      // Rounded down: a rest below 0 would never end.
      const quotient = f64x2.mul(f64x2.div(rest, by), constants.double(1 - 2 ** -52));
      const leading = v128.and(f64x2.trunc(quotient), constants.lanes(-(2 ** 24), -1, -(2 ** 24), -1));
      f.set(rest, f64x2.sub(rest, v128.and(f64x2.mul(leading, by), isLong)));
    });
    return f64x2.sub(rest, v128.and(by, f64x2.ge(rest, by)));
  });
  const result = v128.or(narrow(rests), signOf(o, x));
  return v128.bitselect(result, y, f32x4.eq(y, y));
}
