import type { Buffer, SortKernel } from "../../../../plan/plan.ts";
import { type Launch, nothing, onePhase } from "../kernel.ts";
import { placeWords } from "../place.ts";
import { radixScratch, radixSort } from "./radix-sort.ts";
import { selection, selectionScratch } from "./selection.ts";
import type { SortBlock, SortOrder } from "./sort-keys.ts";

/**
 * Sorted places: by k passes over the row where few are wanted or the row is short, else by digits. Each thread sorts
 * rows of its own.
 */
export function sort(kernel: SortKernel, buffers: readonly Buffer[]): Launch {
  const { input, indices, rows, length, k, descending } = kernel;
  if (rows * k === 0) return nothing;
  const isFloat = buffers[input.buffer].dtype === "float32";
  const bySelection = isFloat && passesAreCheaper(length, k);
  const bytes = bySelection ? selectionScratch(length) : radixScratch(length);
  // Only one thread has work with one row: it takes memory that is not there for each of them.
  const [sharedScratch, threadScratch] = rows === 1 ? [bytes, 0] : [0, bytes];
  const block: SortBlock = {
    ...placeWords("input", input, "Row", "Step"),
    ...placeWords("indices", indices, "Row", "Step"),
    rows,
    length,
    k,
    scratch: { kind: "scratch", byteOffset: 0, perThread: rows > 1 },
    threadScratch,
  };
  const order: SortOrder = { isFloat, descending };
  const call = bySelection ? selection(block, order) : radixSort(block, order);
  return onePhase(call, { sharedScratch, threadScratch });
}

/**
 * Measured, in ns a row: the keys of a selection 1.3 an entry, each pass 17 and 0.13 an entry; a sort by digits 620 and 13
 * an entry. So a router's top 6 of 64 takes 0.24 µs instead of 1.4, and all of a row is selected up to 40 entries.
 */
function passesAreCheaper(length: number, k: number): boolean {
  return 1.3 * length + k * (17 + 0.13 * length) < 620 + 13 * length;
}
