/**
 * Logarithms and powers of four float32 lanes, computed two lanes at a time in float64 and rounded once: where the result
 * is a float32 it is exact (log₂ 8 = 3, 3² = 9). Series with their own coefficients; errors as in `exponential.ts`.
 */
import type { Vector } from "../emit/index.ts";
import { f32x4, f64x2, i32x4, v128 } from "../emit/index.ts";
import type { Emission } from "./emission.ts";
import { signOf } from "./polynomial.ts";
import { narrow, nearest, series, widen } from "./wide.ts";

/** log₂ of numbers ≥ 0 in float64, relative error 2⁻³⁴; −∞ at 0, ∞ at ∞. */
function log2Wide(o: Emission, value: Vector): Vector[] {
  const { f, constants } = o;
  const x = f.let(value);
  const infinity = constants.float(Number.POSITIVE_INFINITY);
  const small = f.let(f32x4.lt(x, constants.float(2 ** -126)));
  const normal = f.let(v128.bitselect(f32x4.mul(x, constants.float(2 ** 23)), x, small));
  // x = 2ᵉ·m with m from √½ to √2.
  const e = f.let(i32x4.shrS(i32x4.sub(normal, constants.int(0x3f3504f3)), 23));
  const m = f.let(i32x4.sub(normal, i32x4.shl(e, 23)));
  const finite = f32x4.sub(f32x4.convertI32x4S(e), v128.and(small, constants.float(23)));
  const isInfinite = v128.and(infinity, f32x4.eq(x, infinity));
  const isZero = v128.and(infinity, f32x4.eq(x, constants.float(0)));
  const exponents = widen(f.let(f32x4.sub(f32x4.add(finite, isInfinite), isZero)));
  const one = constants.double(1);
  return widen(m).map((half, i) => {
    const mantissa = f.let(half);
    // ln m = 2 artanh s
    const s = f.let(f64x2.div(f64x2.sub(mantissa, one), f64x2.add(mantissa, one)));
    const coefficients = [11, 9, 7, 5, 3, 1].map((k) => 2 / (k * Math.LN2));
    return f64x2.add(exponents[i], f64x2.mul(s, series(o, f.let(f64x2.mul(s, s)), coefficients)));
  });
}

/** log₂ x · scale, 1 ulp; −∞ at 0, NaN below. */
export function logarithm(o: Emission, value: Vector, scale: number): Vector {
  const { f, constants } = o;
  const x = f.let(value);
  const scaled = log2Wide(o, x).map((half) => f64x2.mul(half, constants.double(scale)));
  return v128.bitselect(narrow(scaled), constants.int(0x7fc00000), f32x4.ge(x, constants.float(0)));
}

/** 2ᵗ of two float64 lanes: beyond ±200 any value that rounds to 0 or ∞ in float32. */
function exp2Wide(o: Emission, value: Vector): Vector {
  const { f, constants } = o;
  const t = f.let(f64x2.pmax(f64x2.pmin(value, constants.double(200)), constants.double(-200)));
  const { whole, bits } = nearest(o, t);
  const rest = f.let(f64x2.sub(t, whole));
  const coefficients: number[] = [];
  for (let k = 0, c = 1; k < 10; c *= Math.LN2 / ++k) coefficients.unshift(c);
  // The exponent belongs into the high half.
  const power = i32x4.shl(i32x4.add(bits, constants.int(1023)), 20);
  return f64x2.mul(series(o, rest, coefficients), v128.shuffle32(constants.int(0), power, [0, 4, 0, 6]));
}

/**
 * xʸ, 1 ulp; the edges are C's and NumPy's: x⁰ = 1ʸ = 1 also of NaN, (−1)^±∞ = 1, a negative x has integer powers only,
 * else NaN.
 */
export function pow(o: Emission, base: Vector, exponent: Vector): Vector {
  const { f, constants } = o;
  const x = f.let(base);
  const y = f.let(exponent);
  const [zero, one] = [constants.float(0), constants.float(1)];
  // No ∞ as a factor, since log 1 = 0.
  const bounded = f.let(f32x4.pmax(f32x4.pmin(y, constants.float(1e38)), constants.float(-1e38)));
  const factors = widen(bounded);
  const logs = log2Wide(o, f32x4.abs(x));
  const size = narrow(logs.map((log, i) => f.let(exp2Wide(o, f64x2.mul(log, factors[i])))));
  const half = f.let(f32x4.mul(y, constants.float(0.5)));
  const isWhole = f.let(f32x4.eq(f32x4.nearest(y), y));
  const isOdd = v128.andnot(isWhole, f32x4.eq(f32x4.nearest(half), half));
  const power = v128.or(size, v128.and(signOf(o, x), isOdd));
  const isNegative = v128.and(f32x4.lt(x, zero), f32x4.gt(x, constants.float(Number.NEGATIVE_INFINITY)));
  const isUndefined = v128.or(v128.andnot(isNegative, isWhole), v128.or(f32x4.ne(x, x), f32x4.ne(y, y)));
  const isOne = v128.or(f32x4.eq(x, one), f32x4.eq(y, zero));
  return v128.bitselect(one, v128.bitselect(constants.int(0x7fc00000), power, isUndefined), isOne);
}
