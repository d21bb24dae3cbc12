/** Instructions on 64-bit integers: what time-outs and wide products need. Constants are exact to 2⁵³. */
import type { Binary, Unary, Value } from "./value.ts";
import { binary, constant, unary } from "./value.ts";

function literal(value: number): Value<"i64"> {
  return constant("i64", value);
}

export { literal as const };

export const add: Binary<"i64"> = binary("i64", "i64", [0x7c]);
export const sub: Binary<"i64"> = binary("i64", "i64", [0x7d]);
export const mul: Binary<"i64"> = binary("i64", "i64", [0x7e]);
export const and: Binary<"i64"> = binary("i64", "i64", [0x83]);
export const or: Binary<"i64"> = binary("i64", "i64", [0x84]);
export const shl: Binary<"i64"> = binary("i64", "i64", [0x86]);
export const shrU: Binary<"i64"> = binary("i64", "i64", [0x88]);
export const extendI32S: Unary<"i32", "i64"> = unary("i32", "i64", [0xac]);
export const extendI32U: Unary<"i32", "i64"> = unary("i32", "i64", [0xad]);
