import fc from "fast-check";
import type { Place } from "../../src/plan/plan.ts";
import { sizeOf, type View } from "../../src/plan/view.ts";

/** A view of some layout, and the elements that its buffer must have. */
export interface Layout {
  readonly view: View;
  readonly size: number;
}

interface LayoutChoices {
  /** Order of the axes in memory, gaps after each axis, and axes walked backwards. */
  readonly order: readonly number[];
  readonly gaps: readonly number[];
  readonly flipped: readonly boolean[];
  /** Axes along which all elements are the same. */
  readonly repeated: readonly boolean[];
  readonly offset: number;
}

/** Any layout of a shape: permuted, with gaps, backwards, at an offset; where `repeats`, with strides of 0. */
export function layouts(
  shape: readonly number[],
  { repeats = false }: { repeats?: boolean } = {},
): fc.Arbitrary<Layout> {
  const axes = shape.map((_, axis) => axis);
  const each = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.tuple(...axes.map(() => arbitrary));
  const plain = fc.constant(false);
  const choices = fc.record({
    order: fc.oneof(fc.constant(axes), fc.shuffledSubarray(axes, { minLength: axes.length })),
    gaps: fc.oneof(fc.constant(axes.map(() => 0)), each(fc.constantFrom(0, 0, 0, 1, 2))),
    flipped: fc.oneof(fc.constant(axes.map(() => false)), each(fc.boolean())),
    repeated: each(repeats ? fc.oneof(plain, fc.boolean()) : plain),
    offset: fc.integer({ min: 0, max: 5 }),
  });
  return choices.map((choice) => layout(shape, choice));
}

function layout(shape: readonly number[], { order, gaps, flipped, repeated, offset }: LayoutChoices): Layout {
  const strides = shape.map(() => 0);
  let [stride, first] = [1, offset];
  for (const axis of order.toReversed()) {
    if (repeated[axis]) continue;
    stride *= gaps[axis] + 1;
    strides[axis] = flipped[axis] ? -stride : stride;
    if (flipped[axis]) first += stride * Math.max(0, shape[axis] - 1);
    stride *= Math.max(1, shape[axis]);
  }
  return { view: { shape, strides, offset: first }, size: offset + stride };
}

export function place(buffer: number, { view }: Layout): Place {
  return { buffer, view };
}

/** Positions of a view's elements in row-major order. */
export function positions({ shape, strides, offset }: View): number[] {
  return Array.from({ length: sizeOf(shape) }, (_, index) => {
    let [rest, position] = [index, offset];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position += (rest % shape[axis]) * strides[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    return position;
  });
}

/** The view's elements in row-major order. */
export function gather<T extends Float32Array | Int32Array>(data: T, view: View): number[] {
  return positions(view).map((position) => data[position]);
}

/** Reproducible numbers around 0, within 1.5 of it. */
export function randomArray(size: number, seed: number): Float32Array {
  const numbers = new Float32Array(size);
  let state = (seed ^ 0x9e3779b9) >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  for (let i = 0; i < size; i++) numbers[i] = next() + next() + next();
  return numbers;
}

export function sameBits(a: Float32Array, b: Float32Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
}
