import { type FunctionBuilder, f32, i32, type Local, select, type Value } from "../../emit/index.ts";
import type { Block } from "../arguments.ts";

/** What both ways of sorting are given. */
export type SortBlock = Block<
  `${"input" | "indices"}${"" | "Row" | "Step"}` | "rows" | "length" | "k" | "scratch" | "threadScratch"
>;

/** What is compiled in. */
export interface SortOrder {
  readonly isFloat: boolean;
  readonly descending: boolean;
}

/** Names the code of a way of sorting. */
export function sortName(way: string, { isFloat, descending }: SortOrder): string {
  return `${way} ${isFloat ? "float32" : "int32"} ${descending ? "falling" : "rising"}`;
}

const NAN = 2 ** 31 - 2;

/**
 * An integer for the entry at an address: signed, rising in the wanted order. −0 is as +0, NaN above +∞; no float has
 * the lowest integer of all.
 */
export function keyAt(f: FunctionBuilder, address: Value<"i32">, { isFloat, descending }: SortOrder): Value<"i32"> {
  const key = isFloat ? floatKey(f, f.let(f32.add(f32.load(address), 0))) : i32.load(address);
  return descending ? i32.xor(key, -1) : key;
}

function floatKey(f: FunctionBuilder, value: Local<"f32">): Value<"i32"> {
  const bits = f.let(i32.reinterpretF32(value));
  const ordered = i32.xor(bits, i32.shrU(i32.shrS(bits, 31), 1));
  return select(f32.ne(value, value), i32.const(NAN), ordered);
}
