/**
 * eˣ and what is made of it, on four float32 lanes: range reduction and a polynomial. Errors are bounded in units in the
 * last place of the result, seen over all exponents, with and without contracted multiply-adds (`transcendental.test.ts`).
 */
import type { Vector } from "../emit/index.ts";
import { f32x4, i32x4, v128 } from "../emit/index.ts";
import type { Emission } from "./emission.ts";
import { copySign, madd, polynomial, SIGN, signOf } from "./polynomial.ts";

/** ln 2 in two parts: a product of the first with an exponent is exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;
/** Adding it rounds a float32 below 2²² to an integer, which the low bits then hold. */
const ROUNDER = 1.5 * 2 ** 23;
/** Exponent of 1 in its bits. */
const BIAS = 127;

/** (eʳ − 1 − r) / r² for |r| ≤ ln 2 / 2, minimax for the relative error of eʳ − 1: 1.3e-8. */
const tail = [1.38825213e-3, 8.36652052e-3, 4.16672006e-2, 1.66665435e-1, 4.9999997e-1];

interface Reduced {
  /** x − n·ln 2, |r| ≤ ln 2 / 2 */
  readonly r: Vector;
  /** n + bias in the low nine bits. */
  readonly exponent: Vector;
}

/** Takes off the nearest multiple n of ln 2. */
function reduce(o: Emission, x: Vector, bias: number): Reduced {
  const { f, constants } = o;
  const rounder = constants.float(ROUNDER + bias);
  const exponent = f.let(madd(o, x, constants.float(Math.LOG2E), rounder));
  const n = f.let(f32x4.sub(exponent, rounder));
  const rest = madd(o, n, constants.float(-LN2_HIGH), x);
  return { r: f.let(madd(o, n, constants.float(-LN2_LOW), rest)), exponent };
}

/** The power of two with these bits of an exponent. */
function power(exponent: Vector): Vector {
  return i32x4.shl(exponent, 23);
}

/** eʳ */
function near(o: Emission, r: Vector): Vector {
  const one = o.constants.float(1);
  return madd(o, madd(o, polynomial(o, r, tail), r, one), r, one);
}

/** eʳ − 1 */
function rise(o: Emission, r: Vector): Vector {
  return madd(o, polynomial(o, r, tail), f32x4.mul(r, r), r);
}

/** eˣ, 2 ulp, subnormal results included; e^−∞ = 0, e^∞ = ∞, NaN stays. */
export function exp(o: Emission, value: Vector): Vector {
  const { f, constants } = o;
  // Beyond these bounds the result is 0 or ∞ anyway; pmin and pmax keep a NaN in their first operand.
  const x = f.let(f32x4.pmax(f32x4.pmin(value, constants.float(89)), constants.float(-104)));
  // 2ⁿ as two halves, since it may lie outside the normal range.
  const { r, exponent } = reduce(o, x, 2 * BIAS);
  const half = (sum: Vector): Vector => power(i32x4.shrU(sum, 1));
  const upper = i32x4.sub(exponent, constants.int(-1));
  return f32x4.mul(f32x4.mul(near(o, r), half(exponent)), half(upper));
}

/** eˣ for −104 ≤ x ≤ 0 and NaN. */
function decay(o: Emission, x: Vector): Vector {
  const { r, exponent } = reduce(o, x, BIAS + 64);
  return f32x4.mul(f32x4.mul(near(o, r), power(exponent)), o.constants.float(2 ** -64));
}

/** eˣ − 1, 2 ulp, also where it is small; odd in its zeros. */
export function expm1(o: Emission, value: Vector): Vector {
  const { f, constants } = o;
  const given = f.let(value);
  const x = f.let(f32x4.pmax(f32x4.pmin(given, constants.float(89)), constants.float(-25)));
  // Half of it, since 2ⁿ may overflow where the result does not.
  const { r, exponent } = reduce(o, x, BIAS - 1);
  const scale = f.let(power(exponent));
  const half = f.let(madd(o, rise(o, r), scale, f32x4.sub(scale, constants.float(0.5))));
  return v128.or(f32x4.add(half, half), signOf(o, given));
}

/** eˣ − 1 for |x| ≤ 80. */
function growth(o: Emission, x: Vector): Vector {
  const { f, constants } = o;
  const { r, exponent } = reduce(o, x, BIAS);
  const scale = f.let(power(exponent));
  return madd(o, rise(o, r), scale, f32x4.sub(scale, constants.float(1)));
}

/** tanh x, 3 ulp; odd. */
export function tanh(o: Emission, value: Vector): Vector {
  const { f, constants } = o;
  const x = f.let(value);
  const bounded = f.let(f32x4.pmin(f32x4.abs(x), constants.float(10)));
  const e = f.let(growth(o, f.let(f32x4.add(bounded, bounded))));
  return copySign(o, f32x4.div(e, f32x4.add(e, constants.float(2))), x);
}

/** 1 / (1 + e⁻ˣ), 3 ulp, subnormal results included. */
export function sigmoid(o: Emission, value: Vector): Vector {
  const { f, constants } = o;
  const x = f.let(value);
  const one = constants.float(1);
  const e = f.let(decay(o, f.let(f32x4.pmax(v128.or(x, constants.int(SIGN)), constants.float(-104)))));
  const numerator = v128.bitselect(e, one, i32x4.shrS(x, 31));
  return f32x4.div(numerator, f32x4.add(one, e));
}

/** erf x = 2/√π ∫₀ˣ e^(−t²) dt, 3 ulp; odd. It is 1 − e^(−g) where g/x is a polynomial (minimax on [0, 4]). */
export function erf(o: Emission, value: Vector): Vector {
  const { f, constants } = o;
  const x = f.let(value);
  const bounded = f.let(f32x4.pmin(f32x4.abs(x), constants.float(4)));
  const slope = polynomial(
    o,
    bounded,
    [
      4.07079216e-5, -3.81000636e-4, 1.25174668e-3, 2.05715895e-4, -1.93217159e-2, 1.02814411e-1, 6.36616497e-1,
      1.12837921,
    ],
  );
  return copySign(o, growth(o, f.let(f32x4.neg(f32x4.mul(bounded, slope)))), x);
}
