import type { Vector } from "../emit/index.ts";
import { f32x4, v128 } from "../emit/index.ts";
import type { Emission } from "./emission.ts";

/** Bits of −0. */
export const SIGN = -0x80000000;

/** a·b + c, contracted where the engine can. */
export function madd({ relaxed }: Emission, a: Vector, b: Vector, c: Vector): Vector {
  return relaxed ? f32x4.relaxedMadd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** Σ coefficientᵢ·xⁱ, highest power first (Horner). */
export function polynomial(o: Emission, x: Vector, coefficients: readonly number[]): Vector {
  const [first, ...rest] = coefficients.map((c) => o.constants.float(c));
  return rest.reduce((sum, c) => madd(o, sum, x, c), first);
}

/** The sign bits of four lanes. */
export function signOf({ constants }: Emission, x: Vector): Vector {
  return v128.and(x, constants.int(SIGN));
}

/** |magnitude| with the sign of the other. */
export function copySign({ constants }: Emission, magnitude: Vector, sign: Vector): Vector {
  return v128.bitselect(sign, magnitude, constants.int(SIGN));
}
