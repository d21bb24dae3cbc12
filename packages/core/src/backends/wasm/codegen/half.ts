/** Between float32 lanes and the bits of 16-bit floats in the low halves of 32-bit lanes. */
import type { FunctionBuilder, Vector } from "../emit/index.ts";
import { f32x4, i32x4, v128 } from "../emit/index.ts";
import type { Constants } from "./constants.ts";

/** IEEE half to float32, exact. */
export function widenHalf(f: FunctionBuilder, constants: Constants, half: Vector): Vector {
  const bits = f.let(half);
  const magnitude = f.let(i32x4.shl(v128.and(bits, constants.int(0x7fff)), 13));
  // The exponent is off by 112; a product with 2¹¹² mends it, for subnormals too.
  const scaled = f32x4.mul(magnitude, constants.float(2 ** 112));
  const special = v128.and(i32x4.geU(magnitude, constants.int(0x7c00 << 13)), constants.int(0x7f800000));
  const sign = i32x4.shl(v128.and(bits, constants.int(0x8000)), 16);
  return v128.or(v128.or(scaled, special), sign);
}

/** float32 to IEEE half, rounded to nearest even; there is one NaN. */
export function narrowHalf(f: FunctionBuilder, constants: Constants, value: Vector): Vector {
  const x = f.let(value);
  const magnitude = f.let(v128.and(x, constants.int(0x7fffffff)));
  const odd = v128.and(i32x4.shrU(magnitude, 13), constants.int(1));
  const rebias = constants.int(((15 - 127) << 23) + 0xfff);
  const normal = i32x4.shrU(i32x4.add(i32x4.add(magnitude, rebias), odd), 13);
  // Adding ½ shifts a subnormal's bits into place and rounds them.
  const half = constants.float(0.5);
  const subnormal = i32x4.sub(f32x4.add(magnitude, half), half);
  const finite = v128.bitselect(subnormal, normal, i32x4.ltU(magnitude, constants.int(0x38800000)));
  const isNaN = f.let(i32x4.gtU(magnitude, constants.int(0x7f800000)));
  const special = v128.bitselect(constants.int(0x7e00), constants.int(0x7c00), isNaN);
  const bits = v128.bitselect(special, finite, i32x4.geU(magnitude, constants.int(0x47800000)));
  const sign = i32x4.shrU(v128.and(x, constants.int(-0x80000000)), 16);
  return v128.or(bits, v128.andnot(sign, isNaN));
}

/** float32 to bfloat16, rounded to nearest even; there is one NaN. */
export function narrowBfloat(f: FunctionBuilder, constants: Constants, value: Vector): Vector {
  const x = f.let(value);
  const odd = v128.and(i32x4.shrU(x, 16), constants.int(1));
  const rounded = i32x4.shrU(i32x4.add(i32x4.add(x, constants.int(0x7fff)), odd), 16);
  return v128.bitselect(constants.int(0x7fc0), rounded, f32x4.ne(x, x));
}
