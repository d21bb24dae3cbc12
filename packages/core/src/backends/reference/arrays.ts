import ndarray from "ndarray";
import ops from "ndarray-ops";
import { dtypes, type TypedArray } from "../../dtype.ts";
import type { Place } from "../../plan/plan.ts";
import { contiguous, sizeOf, type View } from "../../plan/view.ts";
import type { Frame } from "./frame.ts";
import { type Piece, pieces, restrict } from "./pieces.ts";
import { narrow, widen } from "./storage.ts";

/** An `ndarray` over one of the host arrays. */
export type Strided = ndarray.NdArray<TypedArray>;

/** The elements of `data` that the view reads. */
export function strided(data: TypedArray, view: View): Strided {
  return ndarray(data, [...view.shape], [...view.strides], view.offset);
}

/** All of `data` as an array of one axis. */
export function flat(data: TypedArray): Strided {
  return ndarray(data, [data.length], [1], 0);
}

/** The view's elements in row-major order, as they are stored. */
export function dense(data: TypedArray, view: View): TypedArray {
  const copy = blank(data, sizeOf(view.shape));
  ops.assign(strided(copy, contiguous(view.shape)), strided(data, view));
  return copy;
}

/** A new array of the type of `like`. */
export function blank(like: TypedArray, size: number): TypedArray {
  return new (like.constructor as new (size: number) => TypedArray)(size);
}

/** What a kernel reads from a place: its elements in row-major order, widened. */
export function* read(frame: Frame, { buffer, view }: Place): Generator<void, TypedArray> {
  const { dtype, data } = frame.buffers[buffer];
  const elements = computed(frame, { buffer, view });
  const whole = contiguous(view.shape);
  for (const piece of pieces(view.shape)) {
    const part = widen(dense(data, restrict(view, piece)), dtype);
    ops.assign(strided(elements, restrict(whole, piece)), strided(part, contiguous(piece.shape)));
    yield;
  }
  return elements;
}

/** A new array, filled with 0, for what a kernel computes for a place: elements in row-major order, not yet narrowed. */
export function computed(frame: Frame, { buffer, view }: Place): TypedArray {
  return dtypes[dtypes[frame.buffers[buffer].dtype].compute].create(sizeOf(view.shape));
}

/** Writes computed elements, in row-major order, to a place. */
export function* write(frame: Frame, place: Place, elements: TypedArray): Generator<void, void> {
  const whole = contiguous(place.view.shape);
  for (const piece of pieces(place.view.shape)) {
    writePiece(frame, place, piece, dense(elements, restrict(whole, piece)));
    yield;
  }
}

/** Writes the elements of one piece, in row-major order. */
export function writePiece(frame: Frame, { buffer, view }: Place, piece: Piece, elements: TypedArray): void {
  const { dtype, data } = frame.buffers[buffer];
  ops.assign(strided(data, restrict(view, piece)), strided(narrow(elements, dtype), contiguous(piece.shape)));
}
