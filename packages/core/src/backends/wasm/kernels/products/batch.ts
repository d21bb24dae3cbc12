import { type FunctionBuilder, i32, type Local, type Value } from "../../emit/index.ts";
import { type Block, integer, type Words } from "../arguments.ts";
import type { Arg } from "../kernel.ts";
import { along } from "../place.ts";

/** One axis of a batch: its extent, and bytes from one matrix to the next in A, B and C. */
export interface BatchAxis {
  readonly extent: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** Drops axes of extent 1 and joins neighbours that one stride can walk. */
export function joinAxes(axes: readonly BatchAxis[]): BatchAxis[] {
  const joined: BatchAxis[] = [];
  for (const axis of axes) {
    if (axis.extent === 1) continue;
    const outer = joined.at(-1);
    const walks = (key: "a" | "b" | "c"): boolean => outer?.[key] === axis[key] * axis.extent;
    if (outer && walks("a") && walks("b") && walks("c")) {
      joined[joined.length - 1] = { ...axis, extent: axis.extent * outer.extent };
    } else {
      joined.push(axis);
    }
  }
  return joined;
}

export function batchSize(axes: readonly BatchAxis[]): number {
  return axes.reduce((size, axis) => size * axis.extent, 1);
}

const AXIS_BYTES = 16;

/** Words of a batch. */
export function batchWords(axes: readonly BatchAxis[]): Block<"matrices" | "rank"> {
  return { matrices: batchSize(axes), rank: axes.length };
}

/** The words of the axes, innermost first; they follow the named words. */
export function axisWords(axes: readonly BatchAxis[]): Arg[] {
  return axes.toReversed().flatMap(({ extent, a, b, c }) => [extent, a, b, c].map(integer));
}

/** The matrix of a batch that is taken up. */
export interface Matrix {
  readonly addresses: Words<"a" | "b" | "c">;
  /** Writes the code that takes up matrix `index`. */
  readonly select: (index: Local<"i32">) => void;
}

/** `axes`: the address of the words of the axes. */
export function matrixOf(f: FunctionBuilder, words: Words<"a" | "b" | "c" | "rank">, axes: Value<"i32">): Matrix {
  const first = f.let(axes);
  const addresses = { a: f.local("i32"), b: f.local("i32"), c: f.local("i32") };
  const operands = ["a", "b", "c"] as const;
  const select = (index: Local<"i32">): void => {
    const rest = f.let(index);
    const axis = f.let(first);
    const end = f.let(along(axis, words.rank, AXIS_BYTES));
    const [extent, coordinate] = [f.local("i32"), f.local("i32")];
    for (const operand of operands) f.set(addresses[operand], words[operand]);
    f.while(i32.ne(axis, end), () => {
      f.set(extent, i32.load(axis));
      f.set(coordinate, i32.remU(rest, extent));
      f.set(rest, i32.divU(rest, extent));
      for (const [i, operand] of operands.entries()) {
        f.advance(addresses[operand], i32.mul(coordinate, i32.load(axis, 4 + 4 * i)));
      }
      f.advance(axis, AXIS_BYTES);
    });
  };
  return { addresses, select };
}
