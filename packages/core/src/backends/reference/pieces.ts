import { sizeOf, type View } from "../../plan/view.ts";

/** Most elements that are computed at a time, so that other work can come in between. */
export const pieceSize = 32768;

/** A part of a space of coordinates: some of those along one axis, from `start` on, and all along the others. */
export interface Piece {
  readonly shape: readonly number[];
  readonly size: number;
  readonly axis: number;
  readonly start: number;
}

/** Cuts a space into pieces of about `pieceSize` elements along its longest axis; an empty space into none. */
export function* pieces(shape: readonly number[]): Generator<Piece, void> {
  const size = sizeOf(shape);
  if (size === 0) return;
  const longest = Math.max(1, ...shape);
  const axis = shape.indexOf(longest);
  const step = Math.max(1, Math.floor(pieceSize / (size / longest)));
  for (let start = 0; start < longest; start += step) {
    const extent = Math.min(step, longest - start);
    yield {
      shape: shape.map((whole, a) => (a === axis ? extent : whole)),
      size: (size / longest) * extent,
      axis,
      start,
    };
  }
}

/** The view of a space, restricted to the piece. */
export function restrict(view: View, piece: Piece): View {
  const first = piece.start === 0 ? 0 : piece.start * view.strides[piece.axis];
  return { shape: piece.shape, strides: view.strides, offset: view.offset + first };
}
