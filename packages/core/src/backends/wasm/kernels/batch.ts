import { type FunctionBuilder, i32, type Local } from "../emit/index.ts";
import { integer } from "./arguments.ts";
import type { Arg } from "./kernel.ts";

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

/** The words of the axes, innermost first, as `moveToMatrix` reads them. */
export function axisWords(axes: readonly BatchAxis[]): Arg[] {
  return axes.toReversed().flatMap(({ extent, a, b, c }) => [extent, a, b, c].map(integer));
}

/** Sets the three addresses to those of matrix `index` of the batch; `axes` is the address of `rank` axes. */
export function moveToMatrix(
  f: FunctionBuilder,
  index: Local<"i32">,
  axes: { readonly words: Local<"i32">; readonly rank: Local<"i32"> },
  first: { readonly a: Local<"i32">; readonly b: Local<"i32">; readonly c: Local<"i32"> },
  moved: { readonly a: Local<"i32">; readonly b: Local<"i32">; readonly c: Local<"i32"> },
): void {
  const rest = f.let(index);
  const axis = f.let(axes.words);
  const end = f.let(i32.add(axis, i32.mul(axes.rank, AXIS_BYTES)));
  const [extent, coordinate] = [f.local("i32"), f.local("i32")];
  const operands = ["a", "b", "c"] as const;
  for (const operand of operands) f.set(moved[operand], first[operand]);
  f.while(i32.ne(axis, end), () => {
    f.set(extent, i32.load(axis));
    f.set(coordinate, i32.remU(rest, extent));
    f.set(rest, i32.divU(rest, extent));
    for (const [i, operand] of operands.entries()) {
      f.advance(moved[operand], i32.mul(coordinate, i32.load(axis, 4 + 4 * i)));
    }
    f.advance(axis, AXIS_BYTES);
  });
}
