import fc from "fast-check";
import { sizeOf, type View } from "../../src/plan/view.ts";

/** Most axes of a generated iteration space, the reduced one included. */
const maxRank = 7;

/** How a view lies in its buffer, for a space of any rank: the order of its axes, their steps, elements around it. */
export interface Layout {
  readonly order: readonly number[];
  /** 1: dense, 2: every second element, negative: backwards, 0: broadcast. */
  readonly steps: readonly number[];
  readonly margin: number;
}

export const layouts: fc.Arbitrary<Layout> = fc.oneof(
  fc.constant<Layout>({ order: [0, 1, 2, 3, 4, 5, 6], steps: [1, 1, 1, 1, 1, 1, 1], margin: 0 }),
  fc.record({
    order: fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: maxRank, maxLength: maxRank }),
    steps: fc.array(fc.constantFrom(1, 1, 1, -1, 2, -2, 0), { minLength: maxRank, maxLength: maxRank }),
    margin: fc.nat(3),
  }),
);

/** Layouts of what a kernel writes, or "returned": a dense output of the plan. */
export const targets: fc.Arbitrary<Layout | "returned"> = fc.oneof(fc.constant("returned" as const), layouts);

export interface Laid {
  readonly view: View;
  /** Elements of the buffer that holds the view. */
  readonly size: number;
}

/**
 * Lays a view of `shape` out. Axes for which `broadcast` is false get distinct places.
 */
export function lay(shape: readonly number[], layout: Layout, broadcast: (axis: number) => boolean): Laid {
  const strides = new Array<number>(shape.length).fill(0);
  let stride = 1;
  let offset = layout.margin;
  for (const axis of layout.order.filter((a) => a < shape.length).reverse()) {
    const extent = Math.max(1, shape[axis]);
    const step = layout.steps[axis] || (broadcast(axis) ? 0 : 1);
    strides[axis] = stride * step;
    if (step < 0) offset -= (extent - 1) * stride * step;
    if (step !== 0) stride *= extent * Math.abs(step);
  }
  return { view: { shape, strides, offset }, size: stride + 2 * layout.margin };
}

export const anyAxis = (): boolean => true;
export const noAxis = (): boolean => false;

/** Shapes of rank 0 to `rank` with few elements, some of them empty, and now and then a long one. */
export function shapes(rank: number): fc.Arbitrary<number[]> {
  const extent = fc.constantFrom(1, 2, 3, 4, 5, 0, 7);
  const small = fc.array(extent, { maxLength: rank }).filter((shape) => sizeOf(shape) <= 2000);
  const long = fc.nat(3000).map((n) => [n]);
  const wide = fc.tuple(fc.nat(40), fc.nat(70)).map((shape) => [...shape]);
  return rank < 2
    ? small
    : fc.oneof({ arbitrary: small, weight: 4 }, { arbitrary: long, weight: 1 }, { arbitrary: wide, weight: 1 });
}
