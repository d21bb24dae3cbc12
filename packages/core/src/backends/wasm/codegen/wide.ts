/** Four float32 lanes as two vectors of two float64 lanes. */
import type { Vector } from "../emit/index.ts";
import { f32x4, f64x2, v128 } from "../emit/index.ts";
import type { Emission } from "./emission.ts";

/** The low and the high lanes of a local, in float64. */
export function widen(x: Vector): Vector[] {
  return [x, v128.shuffle32(x, x, [2, 3, 2, 3])].map(f64x2.promoteLowF32x4);
}

/** Both halves rounded to float32. */
export function narrow(halves: readonly Vector[]): Vector {
  const [low, high] = halves.map(f32x4.demoteF64x2Zero);
  return v128.shuffle32(low, high, [0, 1, 4, 5]);
}

/** Σ coefficientᵢ·xⁱ in float64, highest power first (Horner). */
export function series({ constants }: Emission, x: Vector, coefficients: readonly number[]): Vector {
  const [first, ...rest] = coefficients.map((c) => constants.double(c));
  return rest.reduce((sum, c) => f64x2.add(f64x2.mul(sum, x), c), first);
}

/** The nearest whole number of float64 lanes below 2³¹, also as int32 in the low halves of `bits`. */
export function nearest({ f, constants }: Emission, x: Vector): { whole: Vector; bits: Vector } {
  const rounder = constants.double(1.5 * 2 ** 52);
  const bits = f.let(f64x2.add(x, rounder));
  return { whole: f64x2.sub(bits, rounder), bits };
}
