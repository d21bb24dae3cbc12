/** Instructions on 32-bit integers; comparisons give 0 or 1. */
import type { Binary, Load, Store, Unary, Value } from "./value.ts";
import { binary, constant, load as loadFrom, store as storeTo, unary } from "./value.ts";

function literal(value: number): Value<"i32"> {
  return constant("i32", value);
}

export { literal as const };

// Memory
export const load: Load<"i32"> = loadFrom("i32", [0x28], 4);
export const load8S: Load<"i32"> = loadFrom("i32", [0x2c], 1);
export const load8U: Load<"i32"> = loadFrom("i32", [0x2d], 1);
export const load16U: Load<"i32"> = loadFrom("i32", [0x2f], 2);
export const store: Store<"i32"> = storeTo("i32", [0x36], 4);

// Comparisons
export const eqz: Unary<"i32"> = unary("i32", "i32", [0x45]);
export const eq: Binary<"i32"> = binary("i32", "i32", [0x46]);
export const ne: Binary<"i32"> = binary("i32", "i32", [0x47]);
export const ltS: Binary<"i32"> = binary("i32", "i32", [0x48]);
export const ltU: Binary<"i32"> = binary("i32", "i32", [0x49]);
export const gtS: Binary<"i32"> = binary("i32", "i32", [0x4a]);
export const gtU: Binary<"i32"> = binary("i32", "i32", [0x4b]);
export const leS: Binary<"i32"> = binary("i32", "i32", [0x4c]);
export const leU: Binary<"i32"> = binary("i32", "i32", [0x4d]);
export const geS: Binary<"i32"> = binary("i32", "i32", [0x4e]);
export const geU: Binary<"i32"> = binary("i32", "i32", [0x4f]);

// Arithmetic; division by 0 traps
export const clz: Unary<"i32"> = unary("i32", "i32", [0x67]);
export const ctz: Unary<"i32"> = unary("i32", "i32", [0x68]);
export const popcnt: Unary<"i32"> = unary("i32", "i32", [0x69]);
export const add: Binary<"i32"> = binary("i32", "i32", [0x6a]);
export const sub: Binary<"i32"> = binary("i32", "i32", [0x6b]);
export const mul: Binary<"i32"> = binary("i32", "i32", [0x6c]);
export const divS: Binary<"i32"> = binary("i32", "i32", [0x6d]);
export const divU: Binary<"i32"> = binary("i32", "i32", [0x6e]);
export const remS: Binary<"i32"> = binary("i32", "i32", [0x6f]);
export const remU: Binary<"i32"> = binary("i32", "i32", [0x70]);
export const and: Binary<"i32"> = binary("i32", "i32", [0x71]);
export const or: Binary<"i32"> = binary("i32", "i32", [0x72]);
export const xor: Binary<"i32"> = binary("i32", "i32", [0x73]);
export const shl: Binary<"i32"> = binary("i32", "i32", [0x74]);
export const shrS: Binary<"i32"> = binary("i32", "i32", [0x75]);
export const shrU: Binary<"i32"> = binary("i32", "i32", [0x76]);
export const rotl: Binary<"i32"> = binary("i32", "i32", [0x77]);
export const rotr: Binary<"i32"> = binary("i32", "i32", [0x78]);
export const extend8S: Unary<"i32"> = unary("i32", "i32", [0xc0]);
export const extend16S: Unary<"i32"> = unary("i32", "i32", [0xc1]);

// Conversions; `truncSat` truncates and saturates, NaN gives 0
export const truncSatF32S: Unary<"f32", "i32"> = unary("f32", "i32", [0xfc, 0x00]);
export const truncSatF32U: Unary<"f32", "i32"> = unary("f32", "i32", [0xfc, 0x01]);
export const truncSatF64S: Unary<"f64", "i32"> = unary("f64", "i32", [0xfc, 0x02]);
export const truncSatF64U: Unary<"f64", "i32"> = unary("f64", "i32", [0xfc, 0x03]);
export const reinterpretF32: Unary<"f32", "i32"> = unary("f32", "i32", [0xbc]);
export const wrapI64: Unary<"i64", "i32"> = unary("i64", "i32", [0xa7]);
