import type { Value } from "../emit/index.ts";
import { i32 } from "../emit/index.ts";
import type { Depth } from "./structure.ts";

/** An address (the value of an index), and what is still to be added. */
export interface Position {
  readonly base: Value<"i32">;
  readonly offset: number;
}

/** The place in the loops for which code is being written. */
export interface Site {
  readonly depth: Depth;
  /** Four neighbouring elements, or one element in all lanes. */
  readonly lanes: 1 | 4;
  /** Where the (first) element lies in an operand. */
  readonly position: (operand: number) => Position;
  /** What the loops around have computed. */
  readonly outer: Site | null;
  /** What has been computed here, by node or name. */
  readonly values: Map<number | string, Value<"i32" | "v128">>;
}

/** A value that was computed here or in a loop around. */
export function find(site: Site, name: number | string): Value<"i32" | "v128"> | null {
  for (let at: Site | null = site; at; at = at.outer) {
    const value = at.values.get(name);
    if (value) return value;
  }
  return null;
}

export function address({ base, offset }: Position): Value<"i32"> {
  return offset === 0 ? base : i32.add(base, offset);
}
