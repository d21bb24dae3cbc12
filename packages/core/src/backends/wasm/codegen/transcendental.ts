/**
 * Elementary functions of four float32 lanes: range reduction and a polynomial, in plain multiplications and additions,
 * so that their bits do not depend on the engine. Polynomials: S. Moshier, Cephes, single precision. Errors are bounds
 * in units in the last place of the result, seen over all exponents (`transcendental.test.ts`).
 */
import type { FunctionBuilder, Vector } from "../emit/index.ts";
import { f32x4, f64x2, i32x4, v128 } from "../emit/index.ts";
import type { Constants } from "./constants.ts";

const LOG2_E = Math.LOG2E;
/** ln 2 in two parts: a product of the first with an exponent is exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;
/** Adding it rounds a float32 below 2²² to an integer, which the low bits then hold. */
const ROUNDER = 1.5 * 2 ** 23;
const ROUNDER_BITS = 0x4b400000;
const SIGN = -0x80000000;

/** Σ coefficientᵢ·xⁱ, highest power first (Horner). */
function polynomial(constants: Constants, x: Vector, coefficients: readonly number[]): Vector {
  const [first, ...rest] = coefficients.map((c) => constants.float(c));
  return rest.reduce((sum, c) => f32x4.add(f32x4.mul(sum, x), c), first);
}

/** eˣ, 2 ulp, subnormal results included; e^−∞ = 0, e^∞ = ∞, NaN stays. */
export function exp(f: FunctionBuilder, constants: Constants, value: Vector): Vector {
  // Beyond these bounds the result is 0 or ∞ anyway; pmin and pmax keep a NaN in their first operand.
  const x = f.let(f32x4.pmax(f32x4.pmin(value, constants.float(89)), constants.float(-104)));
  const rounder = constants.float(ROUNDER);
  const shifted = f.let(f32x4.add(f32x4.mul(x, constants.float(LOG2_E)), rounder));
  const n = f.let(f32x4.sub(shifted, rounder));
  const high = f32x4.sub(x, f32x4.mul(n, constants.float(LN2_HIGH)));
  const r = f.let(f32x4.sub(high, f32x4.mul(n, constants.float(LN2_LOW))));
  const tail = polynomial(
    constants,
    r,
    [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1],
  );
  const fraction = f32x4.add(f32x4.add(f32x4.mul(tail, f32x4.mul(r, r)), r), constants.float(1));
  // 2ⁿ in two factors, since it may lie outside the normal range.
  const exponent = f.let(i32x4.sub(shifted, constants.int(ROUNDER_BITS)));
  const half = f.let(i32x4.shrS(exponent, 1));
  const power = (k: Vector): Vector => i32x4.shl(i32x4.add(k, constants.int(127)), 23);
  return f32x4.mul(f32x4.mul(fraction, power(half)), power(i32x4.sub(exponent, half)));
}

/** ln x, 2 ulp; ln 0 = −∞, ln ∞ = ∞, NaN below 0. */
export function log(f: FunctionBuilder, constants: Constants, value: Vector): Vector {
  const x = f.let(value);
  const small = f.let(f32x4.lt(x, constants.float(2 ** -126)));
  const normal = f.let(v128.bitselect(f32x4.mul(x, constants.float(2 ** 23)), x, small));
  // x = 2ᵉ·m with m from √½ to √2.
  const e = f.let(i32x4.shrS(i32x4.sub(normal, constants.int(0x3f3504f3)), 23));
  const m = i32x4.sub(normal, i32x4.shl(e, 23));
  const exponent = f.let(f32x4.sub(f32x4.convertI32x4S(e), v128.and(small, constants.float(23))));
  const y = f.let(f32x4.sub(m, constants.float(1)));
  const square = f.let(f32x4.mul(y, y));
  const series = polynomial(
    constants,
    y,
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
      2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
  );
  const cubic = f32x4.mul(f32x4.mul(series, y), square);
  const low = f32x4.add(cubic, f32x4.mul(exponent, constants.float(LN2_LOW)));
  const tail = f32x4.sub(low, f32x4.mul(square, constants.float(0.5)));
  const result = f32x4.add(f32x4.add(y, tail), f32x4.mul(exponent, constants.float(LN2_HIGH)));
  // 0, ∞, NaN and negative numbers, one after the other.
  const infinity = f.let(constants.float(Number.POSITIVE_INFINITY));
  const top = v128.bitselect(infinity, result, f32x4.eq(x, infinity));
  const bottom = v128.bitselect(constants.float(Number.NEGATIVE_INFINITY), top, f32x4.eq(x, constants.float(0)));
  return v128.bitselect(bottom, constants.int(0x7fc00000), f32x4.ge(x, constants.float(0)));
}

/** tanh x, 3 ulp; odd. */
export function tanh(f: FunctionBuilder, constants: Constants, value: Vector): Vector {
  const x = f.let(value);
  const magnitude = f.let(f32x4.abs(x));
  const one = constants.float(1);
  // 1 − 2 / (e^2|x| + 1); where it cancels a polynomial takes over.
  const e = exp(f, constants, f32x4.add(magnitude, magnitude));
  const large = f32x4.sub(one, f32x4.div(constants.float(2), f32x4.add(e, one)));
  const square = f.let(f32x4.mul(x, x));
  const series = polynomial(
    constants,
    square,
    [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1],
  );
  const small = f32x4.add(f32x4.mul(f32x4.mul(series, square), x), x);
  const result = v128.bitselect(small, large, f32x4.lt(magnitude, constants.float(0.625)));
  return v128.or(result, v128.and(x, constants.int(SIGN)));
}

/** 1 / (1 + e⁻ˣ), 3 ulp, subnormal results included. */
export function sigmoid(f: FunctionBuilder, constants: Constants, value: Vector): Vector {
  const x = f.let(value);
  const one = constants.float(1);
  const e = f.let(exp(f, constants, v128.or(x, constants.int(SIGN))));
  const numerator = v128.bitselect(e, one, f32x4.lt(x, constants.float(0)));
  return f32x4.div(numerator, f32x4.add(one, e));
}

/**
 * sin x and cos x, 2 ulp for |x| < 2²⁸ (beyond that the argument's reduction loses its places; the result stays within
 * [−1, 1]); NaN at ±∞.
 */
export function sin(f: FunctionBuilder, constants: Constants, value: Vector): Vector {
  return circular(f, constants, value, 0);
}

export function cos(f: FunctionBuilder, constants: Constants, value: Vector): Vector {
  return circular(f, constants, value, 1);
}

/** sin(x + quarters·π/2). */
function circular(f: FunctionBuilder, constants: Constants, value: Vector, quarters: number): Vector {
  const x = f.let(value);
  const low = reduce(f, constants, f64x2.promoteLowF32x4(x));
  const high = reduce(f, constants, f64x2.promoteLowF32x4(v128.shuffle32(x, x, [2, 3, 2, 3])));
  const rest = v128.shuffle32(f32x4.demoteF64x2Zero(low.rest), f32x4.demoteF64x2Zero(high.rest), [0, 1, 4, 5]);
  // Out of bounds only where the argument has lost its places.
  const r = f.let(f32x4.pmax(f32x4.pmin(rest, constants.float(0.79)), constants.float(-0.79)));
  const quadrant = f.let(i32x4.add(v128.shuffle32(low.count, high.count, [0, 2, 4, 6]), constants.int(quarters)));
  const square = f.let(f32x4.mul(r, r));
  const odd = polynomial(constants, square, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]);
  // The sign is lost in a sum of zeros.
  const sine = v128.or(f32x4.add(f32x4.mul(f32x4.mul(odd, square), r), r), v128.and(r, constants.int(SIGN)));
  const even = polynomial(constants, square, [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2]);
  const half = f32x4.sub(f32x4.mul(f32x4.mul(even, square), square), f32x4.mul(square, constants.float(0.5)));
  const cosine = f32x4.add(half, constants.float(1));
  const isOdd = i32x4.shrS(i32x4.shl(quadrant, 31), 31);
  const sign = v128.and(i32x4.shl(quadrant, 30), constants.int(SIGN));
  return v128.xor(v128.bitselect(cosine, sine, isOdd), sign);
}

/** x − count·π/2 of two float64 lanes, |rest| ≤ π/4; `count` in the low halves of the lanes. */
function reduce(f: FunctionBuilder, constants: Constants, value: Vector): { rest: Vector; count: Vector } {
  const x = f.let(value);
  const rounder = constants.double(1.5 * 2 ** 52);
  const count = f.let(f64x2.add(f64x2.mul(x, constants.double(2 / Math.PI)), rounder));
  const n = f.let(f64x2.sub(count, rounder));
  // π/2 in two parts, the first of 25 bits, so that its product with n is exact (musl, __rem_pio2f).
  const first = f64x2.sub(x, f64x2.mul(n, constants.double(1.5707963109016418)));
  const rest = f.let(f64x2.sub(first, f64x2.mul(n, constants.double(1.5893254773528196e-8))));
  return { rest, count };
}
