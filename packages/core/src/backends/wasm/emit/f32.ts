/** Instructions on 32-bit floats. */
import type { Binary, Load, Store, Unary, Value } from "./value.ts";
import { binary, constant, load as loadFrom, store as storeTo, unary } from "./value.ts";

function literal(value: number): Value<"f32"> {
  return constant("f32", value);
}

export { literal as const };

// Memory
export const load: Load<"f32"> = loadFrom("f32", [0x2a], 4);
export const store: Store<"f32"> = storeTo("f32", [0x38], 4);

// Comparisons, to i32
export const eq: Binary<"f32", "i32"> = binary("f32", "i32", [0x5b]);
export const ne: Binary<"f32", "i32"> = binary("f32", "i32", [0x5c]);
export const lt: Binary<"f32", "i32"> = binary("f32", "i32", [0x5d]);
export const gt: Binary<"f32", "i32"> = binary("f32", "i32", [0x5e]);
export const le: Binary<"f32", "i32"> = binary("f32", "i32", [0x5f]);
export const ge: Binary<"f32", "i32"> = binary("f32", "i32", [0x60]);

// Arithmetic; `nearest` rounds half to even, `min` and `max` give NaN where either is NaN
export const abs: Unary<"f32"> = unary("f32", "f32", [0x8b]);
export const neg: Unary<"f32"> = unary("f32", "f32", [0x8c]);
export const ceil: Unary<"f32"> = unary("f32", "f32", [0x8d]);
export const floor: Unary<"f32"> = unary("f32", "f32", [0x8e]);
export const trunc: Unary<"f32"> = unary("f32", "f32", [0x8f]);
export const nearest: Unary<"f32"> = unary("f32", "f32", [0x90]);
export const sqrt: Unary<"f32"> = unary("f32", "f32", [0x91]);
export const add: Binary<"f32"> = binary("f32", "f32", [0x92]);
export const sub: Binary<"f32"> = binary("f32", "f32", [0x93]);
export const mul: Binary<"f32"> = binary("f32", "f32", [0x94]);
export const div: Binary<"f32"> = binary("f32", "f32", [0x95]);
export const min: Binary<"f32"> = binary("f32", "f32", [0x96]);
export const max: Binary<"f32"> = binary("f32", "f32", [0x97]);
export const copysign: Binary<"f32"> = binary("f32", "f32", [0x98]);

// Conversions
export const convertI32S: Unary<"i32", "f32"> = unary("i32", "f32", [0xb2]);
export const convertI32U: Unary<"i32", "f32"> = unary("i32", "f32", [0xb3]);
export const demoteF64: Unary<"f64", "f32"> = unary("f64", "f32", [0xb6]);
export const reinterpretI32: Unary<"i32", "f32"> = unary("i32", "f32", [0xbe]);
