import type { TypedArray } from "../../../dtype.ts";
import type { MapKernel, Store } from "../../../plan/plan.ts";
import { writePiece } from "../arrays.ts";
import { evaluate, type Reduced } from "../evaluate.ts";
import type { Frame } from "../frame.ts";
import { type Piece, pieces } from "../pieces.ts";

export function map({ shape, stores }: MapKernel, frame: Frame): Generator<void, void> {
  return storeAll(shape, stores, frame);
}

/** Evaluates every expression over the whole space before it stores any, so that a store may be in place. */
export function* storeAll(
  shape: readonly number[],
  stores: readonly Store[],
  frame: Frame,
  reduced?: Reduced,
): Generator<void, void> {
  const roots = stores.map((store) => store.expr);
  const results: { piece: Piece; arrays: TypedArray[] }[] = [];
  for (const piece of pieces(shape)) {
    results.push({ piece, arrays: yield* evaluate(roots, piece, frame, reduced) });
  }
  for (const { piece, arrays } of results) {
    for (const [s, { place }] of stores.entries()) writePiece(frame, place, piece, arrays[s]);
    yield;
  }
}
