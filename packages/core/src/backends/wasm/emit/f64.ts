/** Instructions on 64-bit floats. */
import type { Binary, Load, Store, Unary, Value } from "./value.ts";
import { binary, constant, load as loadFrom, store as storeTo, unary } from "./value.ts";

function literal(value: number): Value<"f64"> {
  return constant("f64", value);
}

export { literal as const };

// Memory
export const load: Load<"f64"> = loadFrom("f64", [0x2b], 8);
export const store: Store<"f64"> = storeTo("f64", [0x39], 8);

// Comparisons, to i32
export const eq: Binary<"f64", "i32"> = binary("f64", "i32", [0x61]);
export const ne: Binary<"f64", "i32"> = binary("f64", "i32", [0x62]);
export const lt: Binary<"f64", "i32"> = binary("f64", "i32", [0x63]);
export const gt: Binary<"f64", "i32"> = binary("f64", "i32", [0x64]);
export const le: Binary<"f64", "i32"> = binary("f64", "i32", [0x65]);
export const ge: Binary<"f64", "i32"> = binary("f64", "i32", [0x66]);

// Arithmetic; `nearest` rounds half to even, `min` and `max` give NaN where either is NaN
export const abs: Unary<"f64"> = unary("f64", "f64", [0x99]);
export const neg: Unary<"f64"> = unary("f64", "f64", [0x9a]);
export const ceil: Unary<"f64"> = unary("f64", "f64", [0x9b]);
export const floor: Unary<"f64"> = unary("f64", "f64", [0x9c]);
export const trunc: Unary<"f64"> = unary("f64", "f64", [0x9d]);
export const nearest: Unary<"f64"> = unary("f64", "f64", [0x9e]);
export const sqrt: Unary<"f64"> = unary("f64", "f64", [0x9f]);
export const add: Binary<"f64"> = binary("f64", "f64", [0xa0]);
export const sub: Binary<"f64"> = binary("f64", "f64", [0xa1]);
export const mul: Binary<"f64"> = binary("f64", "f64", [0xa2]);
export const div: Binary<"f64"> = binary("f64", "f64", [0xa3]);
export const min: Binary<"f64"> = binary("f64", "f64", [0xa4]);
export const max: Binary<"f64"> = binary("f64", "f64", [0xa5]);
export const copysign: Binary<"f64"> = binary("f64", "f64", [0xa6]);

// Conversions
export const convertI32S: Unary<"i32", "f64"> = unary("i32", "f64", [0xb7]);
export const convertI32U: Unary<"i32", "f64"> = unary("i32", "f64", [0xb8]);
export const promoteF32: Unary<"f32", "f64"> = unary("f32", "f64", [0xbb]);
