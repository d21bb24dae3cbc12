import type { TypedArray } from "../../../dtype.ts";
import type { SortKernel } from "../../../plan/plan.ts";
import { computed, read, write } from "../arrays.ts";
import type { Frame } from "../frame.ts";
import { pieceSize } from "../pieces.ts";

/** Sorts the places of every row whole, and takes the first k. */
export function* sort(kernel: SortKernel, frame: Frame): Generator<void, void> {
  const { rows, length, k, descending } = kernel;
  const input = yield* read(frame, kernel.input);
  const indices = computed(frame, kernel.indices);
  for (let row = 0; row < rows; row++) {
    const order = yield* mergeSort(input.subarray(row * length, (row + 1) * length), descending);
    indices.set(order.subarray(0, k), row * k);
  }
  yield* write(frame, kernel.indices, indices);
}

/** The places of the entries in order: runs of 1, 2, 4, … places are merged in pairs; the earlier one leads where equal. */
function* mergeSort(entries: TypedArray, descending: boolean): Generator<void, Int32Array> {
  let from = Int32Array.from(entries.keys());
  let to = from.slice();
  for (let run = 1; run < from.length; run *= 2) {
    for (let i = 0, left = 0, right = 0; i < from.length; i++) {
      const start = i - (i % (2 * run));
      const [middle, end] = [Math.min(start + run, from.length), Math.min(start + 2 * run, from.length)];
      if (i === start) [left, right] = [start, middle];
      const [a, b] = [entries[from[left]], entries[from[right]]];
      const takesLeft = right === end || (left < middle && !(descending ? precedes(a, b) : precedes(b, a)));
      to[i] = from[takesLeft ? left++ : right++];
      if (i % pieceSize === 0) yield;
    }
    [from, to] = [to, from];
  }
  return from;
}

/** Whether x stands before y in rising order: NaN is behind all others. */
function precedes(x: number, y: number): boolean {
  return x < y || (Number.isNaN(y) && !Number.isNaN(x));
}
