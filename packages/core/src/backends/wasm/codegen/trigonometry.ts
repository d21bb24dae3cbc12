/**
 * Sine, cosine and the angle of a point on four float32 lanes. The polynomials of sine and cosine: S. Moshier, Cephes,
 * single precision; errors as in `exponential.ts`.
 */
import type { Vector } from "../emit/index.ts";
import { f32x4, f64x2, i32x4, v128 } from "../emit/index.ts";
import type { Emission } from "./emission.ts";
import { copySign, polynomial, signOf } from "./polynomial.ts";
import { narrow, nearest, widen } from "./wide.ts";

/**
 * sin x and cos x, 2 ulp for |x| < 2²⁸ (beyond that the argument's reduction loses its places; the result stays within
 * [−1, 1]); NaN at ±∞.
 */
export function sin(o: Emission, value: Vector): Vector {
  return circular(o, value, 0);
}

export function cos(o: Emission, value: Vector): Vector {
  return circular(o, value, 1);
}

/** sin(x + quarters·π/2). */
function circular(o: Emission, value: Vector, quarters: number): Vector {
  const { f, constants } = o;
  const x = f.let(value);
  const [low, high] = widen(x).map((half) => reduce(o, half));
  // Out of bounds only where the argument has lost its places.
  const r = f.let(f32x4.pmax(f32x4.pmin(narrow([low.rest, high.rest]), constants.float(0.79)), constants.float(-0.79)));
  const quadrant = f.let(i32x4.add(v128.shuffle32(low.count, high.count, [0, 2, 4, 6]), constants.int(quarters)));
  const square = f.let(f32x4.mul(r, r));
  const odd = polynomial(o, square, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]);
  // The sign is lost in a sum of zeros.
  const sine = v128.or(f32x4.add(f32x4.mul(f32x4.mul(odd, square), r), r), signOf(o, r));
  const even = polynomial(o, square, [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2]);
  const half = f32x4.sub(f32x4.mul(f32x4.mul(even, square), square), f32x4.mul(square, constants.float(0.5)));
  const cosine = f32x4.add(half, constants.float(1));
  const isOdd = i32x4.shrS(i32x4.shl(quadrant, 31), 31);
  const sign = signOf(o, i32x4.shl(quadrant, 30));
  return v128.xor(v128.bitselect(cosine, sine, isOdd), sign);
}

/** x − count·π/2 of two float64 lanes, |rest| ≤ π/4; `count` in the low halves of the lanes. */
function reduce(o: Emission, value: Vector): { rest: Vector; count: Vector } {
  const { f, constants } = o;
  const x = f.let(value);
  const { whole, bits } = nearest(o, f64x2.mul(x, constants.double(2 / Math.PI)));
  const n = f.let(whole);
  // π/2 in two parts, the first of 25 bits, so that its product with n is exact (musl, __rem_pio2f).
  const first = f64x2.sub(x, f64x2.mul(n, constants.double(1.5707963109016418)));
  const rest = f.let(f64x2.sub(first, f64x2.mul(n, constants.double(1.5893254773528196e-8))));
  return { rest, count: bits };
}

/** The angle of the point (x, y) from −π to π, 2 ulp; zeros and infinities as in C. */
export function atan2(o: Emission, ordinate: Vector, abscissa: Vector): Vector {
  const { f, constants } = o;
  const y = f.let(ordinate);
  const x = f.let(abscissa);
  const [height, width] = [f.let(f32x4.abs(y)), f.let(f32x4.abs(x))];
  const larger = f.let(f32x4.max(height, width));
  const quotient = f.let(f32x4.div(f32x4.min(height, width), larger));
  // 0 / 0 is 0 here, ∞ / ∞ is 1.
  const defined = v128.bitselect(quotient, f32x4.min(larger, constants.float(1)), f32x4.eq(quotient, quotient));
  const t = f.let(defined);
  const square = f.let(f32x4.mul(t, t));
  // (atan t − t) / t³, minimax on [0, 1]
  const cubic = polynomial(
    o,
    square,
    [
      2.92143202e-3, -1.63709937e-2, 4.32170544e-2, -7.55267607e-2, 1.06662344e-1, -1.42111181e-1, 1.99937813e-1,
      -3.33331532e-1,
    ],
  );
  const octant = f.let(f32x4.add(f32x4.mul(f32x4.mul(cubic, square), t), t));
  const complement = f32x4.sub(constants.float(Math.PI / 2), octant);
  const quadrant = f.let(v128.bitselect(complement, octant, f32x4.gt(height, width)));
  const left = f32x4.sub(constants.float(Math.PI), quadrant);
  return copySign(o, v128.bitselect(left, quadrant, i32x4.shrS(x, 31)), y);
}
