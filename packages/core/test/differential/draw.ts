/** What many specs draw: shapes, axes, choices. */
import fc from "fast-check";
import { shapes } from "../conformance/views.ts";
import type { Draw } from "./spec.ts";

const anyShape = shapes(6);
const shapesOf = (): fc.Arbitrary<number[]> => anyShape;
const choices = (n: number): fc.Arbitrary<number> => fc.nat(n - 1);
const integers = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

/** Rank 0 to 6, extents from 0 on. */
export function shape(draw: Draw): number[] {
  return draw(shapesOf);
}

/** As `shape`, with at least one axis (or more). */
export function rankedShape(draw: Draw, least = 1): number[] {
  const drawn = shape(draw);
  return [...new Array<number>(Math.max(0, least - drawn.length)).fill(1), ...drawn];
}

export function integer(draw: Draw, min: number, max: number): number {
  return draw(integers, min, max);
}

export function one<T>(draw: Draw, list: readonly T[]): T {
  return list[draw(choices, list.length)];
}

export function flag(draw: Draw): boolean {
  return one(draw, [false, true]);
}

/** An axis, counted from either end. */
export function axisOf(draw: Draw, rank: number): number {
  return integer(draw, -rank, rank - 1);
}

/** Some axes in any order; all where `undefined`. */
export function axesOf(draw: Draw, axes: readonly number[], rank: number): number | readonly number[] | undefined {
  const drawn = axes.filter(() => flag(draw)).map((axis) => (flag(draw) ? axis - rank : axis));
  if (axes.length === rank && integer(draw, 0, 4) === 0) return undefined;
  return drawn.length === 1 ? drawn[0] : drawn.reverse();
}

/** A shape that broadcasts to `target`: fewer axes, some of extent 1. */
export function narrower(draw: Draw, target: readonly number[]): number[] {
  return target.slice(integer(draw, 0, target.length)).map((extent) => (integer(draw, 0, 3) === 3 ? 1 : extent));
}
