/**
 * eˣ and what is made of it, on four float32 lanes: range reduction and a polynomial, in plain multiplications and
 * additions, so that the bits do not depend on the engine. The polynomial of eˣ: S. Moshier, Cephes, single precision.
 * Errors are bounds in units in the last place of the result, seen over all exponents (`transcendental.test.ts`).
 */
import type { Vector } from "../emit/index.ts";
import { f32x4, i32x4, v128 } from "../emit/index.ts";
import type { Emission } from "./emission.ts";
import { copySign, polynomial, SIGN, signOf } from "./polynomial.ts";

/** ln 2 in two parts: a product of the first with an exponent is exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;
/** Adding it rounds a float32 below 2²² to an integer, which the low bits then hold. */
const ROUNDER = 1.5 * 2 ** 23;
const ROUNDER_BITS = 0x4b400000;

/** eˣ = (1 + rise)·low·high: two powers of two, since their product may lie outside the normal range. */
interface Pieces {
  readonly rise: Vector;
  readonly low: Vector;
  readonly high: Vector;
  /** 1 / high */
  readonly inverse: Vector;
}

function pieces(o: Emission, value: Vector): Pieces {
  const { f, constants } = o;
  // Beyond these bounds the result is 0 or ∞ anyway; pmin and pmax keep a NaN in their first operand.
  const x = f.let(f32x4.pmax(f32x4.pmin(value, constants.float(89)), constants.float(-104)));
  const rounder = constants.float(ROUNDER);
  const shifted = f.let(f32x4.add(f32x4.mul(x, constants.float(Math.LOG2E)), rounder));
  const n = f.let(f32x4.sub(shifted, rounder));
  const rest = f32x4.sub(x, f32x4.mul(n, constants.float(LN2_HIGH)));
  const r = f.let(f32x4.sub(rest, f32x4.mul(n, constants.float(LN2_LOW))));
  const tail = polynomial(
    o,
    r,
    [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1],
  );
  const exponent = f.let(i32x4.sub(shifted, constants.int(ROUNDER_BITS)));
  const half = f.let(i32x4.shrS(exponent, 1));
  const power = (k: Vector): Vector => i32x4.shl(i32x4.add(k, constants.int(127)), 23);
  return {
    rise: f32x4.add(f32x4.mul(tail, f32x4.mul(r, r)), r),
    low: f.let(power(half)),
    high: power(i32x4.sub(exponent, half)),
    inverse: power(i32x4.sub(half, exponent)),
  };
}

/** eˣ, 2 ulp, subnormal results included; e^−∞ = 0, e^∞ = ∞, NaN stays. */
export function exp(o: Emission, value: Vector): Vector {
  const { constants } = o;
  const { rise, low, high } = pieces(o, value);
  return f32x4.mul(f32x4.mul(f32x4.add(rise, constants.float(1)), low), high);
}

/** eˣ − 1, 2 ulp, also where it is small; odd in its zeros. */
export function expm1(o: Emission, value: Vector): Vector {
  const { f } = o;
  const x = f.let(value);
  const { rise, low, high, inverse } = pieces(o, x);
  const scaled = f32x4.add(f32x4.mul(rise, low), f32x4.sub(low, inverse));
  return v128.or(f32x4.mul(scaled, high), signOf(o, x));
}

/** tanh x, 3 ulp; odd. */
export function tanh(o: Emission, value: Vector): Vector {
  const { f, constants } = o;
  const x = f.let(value);
  const bounded = f.let(f32x4.pmin(f32x4.abs(x), constants.float(10)));
  const e = f.let(expm1(o, f32x4.add(bounded, bounded)));
  return copySign(o, f32x4.div(e, f32x4.add(e, constants.float(2))), x);
}

/** 1 / (1 + e⁻ˣ), 3 ulp, subnormal results included. */
export function sigmoid(o: Emission, value: Vector): Vector {
  const { f, constants } = o;
  const x = f.let(value);
  const one = constants.float(1);
  const e = f.let(exp(o, v128.or(x, constants.int(SIGN))));
  const numerator = v128.bitselect(e, one, f32x4.lt(x, constants.float(0)));
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
  return copySign(o, expm1(o, f32x4.neg(f32x4.mul(bounded, slope))), x);
}
