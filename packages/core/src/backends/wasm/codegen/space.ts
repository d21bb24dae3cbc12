/**
 * The loops of a kernel: which axes it walks, in which order, and which of them runs through the vector lanes. Chosen
 * from shapes and strides alone, so that it never changes what an element's value is.
 */
import { sizeOf } from "../../../plan/view.ts";

export interface Space {
  /** Extents of the loops, outermost first. */
  readonly extents: readonly number[];
  /** For each operand its strides along these loops. */
  readonly strides: readonly (readonly number[])[];
}

/** Leaves out axes of extent 1, orders the rest by falling stride of the operand `leader`, and joins neighbours. */
export function normalize(space: Space, leader: number): Space {
  const key = space.strides[leader];
  const order = space.extents.map((_, axis) => axis).filter((axis) => space.extents[axis] !== 1);
  order.sort((a, b) => Math.abs(key[b]) - Math.abs(key[a]) || a - b);
  return mergeAxes(permuteAxes(space, order));
}

/** The strides of all operands along an axis. */
export function stridesAlong(space: Space, axis: number): number[] {
  return space.strides.map((strides) => strides[axis]);
}

/** Moves an axis to the end. */
export function moveLast(space: Space, axis: number): Space {
  const others = space.extents.map((_, a) => a).filter((a) => a !== axis);
  return permuteAxes(space, [...others, axis]);
}

/** Joins neighbouring axes that every operand walks as if they were one. */
function mergeAxes(space: Space): Space {
  const extents: number[] = [];
  const strides: number[][] = space.strides.map(() => []);
  space.extents.forEach((extent, axis) => {
    const last = extents.length - 1;
    const joins = last >= 0 && space.strides.every((s, operand) => strides[operand][last] === s[axis] * extent);
    if (joins) extents[last] *= extent;
    else extents.push(extent);
    space.strides.forEach((s, operand) => {
      strides[operand][extents.length - 1] = s[axis];
    });
  });
  return { extents, strides };
}

function permuteAxes(space: Space, order: readonly number[]): Space {
  return { extents: order.map((a) => space.extents[a]), strides: space.strides.map((s) => order.map((a) => s[a])) };
}

/** Rough work of one turn of a vector loop, in loads of 16 bytes. */
export interface WorkModel {
  /** Arithmetic of four elements. */
  readonly compute: number;
  /** Turns of a loop inside the vector loop (the reduced length of a column reduction). */
  readonly inside: number;
}

/** Turns over an axis of `extent`: whole vectors of four, then the remaining elements one at a time. */
function turns(extent: number): number {
  return Math.floor(extent / 4) + (extent % 4);
}

/** Work of one walk along an axis with these inner strides. */
export function rowWork(extent: number, innerStrides: readonly number[], model: WorkModel): number {
  const access = innerStrides.reduce((sum, s) => sum + (s === 1 ? 1 : s === 0 ? 0.25 : 5), 0);
  return 6 + innerStrides.length + turns(extent) * (4 + model.inside * (2 + model.compute + access));
}

/** The axis for the vector lanes with the least work in all, and that work; the last axis where there is a tie. */
export function chooseVectorAxis(space: Space, model: WorkModel): { axis: number; work: number } {
  const elements = sizeOf(space.extents);
  let best = { axis: -1, work: Number.POSITIVE_INFINITY };
  for (let axis = space.extents.length - 1; axis >= 0; axis--) {
    const extent = space.extents[axis];
    const work = (elements / extent) * rowWork(extent, stridesAlong(space, axis), model);
    if (work < best.work) best = { axis, work };
  }
  return best;
}
