import type { SegmentSumKernel } from "../../../plan/plan.ts";
import { computed, read, write } from "../arrays.ts";
import type { Frame } from "../frame.ts";
import { checkOffsets } from "./offsets.ts";

/** Adds the rows of each segment one by one; every sum is rounded to the dtype as it is stored. */
export function* segmentSum(kernel: SegmentSumKernel, frame: Frame): Generator<void, void> {
  const { rows, segments, width, label } = kernel;
  const input = yield* read(frame, kernel.input);
  const permutation = yield* read(frame, kernel.permutation);
  const offsets = yield* read(frame, kernel.offsets);
  checkOffsets(offsets, rows, label);
  const out = computed(frame, kernel.out);
  for (let segment = 0; segment < segments; segment++) {
    for (let position = offsets[segment]; position < offsets[segment + 1]; position++) {
      const [from, to] = [permutation[position] * width, segment * width];
      for (let w = 0; w < width; w++) out[to + w] += input[from + w];
      yield;
    }
  }
  yield* write(frame, kernel.out, out);
}
