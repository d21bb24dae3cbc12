import type { TopKKernel } from "../../../plan/plan.ts";
import { computed, read, write } from "../arrays.ts";
import type { Frame } from "../frame.ts";

/** Sorts every row whole, and takes its first k. */
export function* topK(kernel: TopKKernel, frame: Frame): Generator<void, void> {
  const { rows, length, k } = kernel;
  const input = yield* read(frame, kernel.input);
  const values = computed(frame, kernel.values);
  const indices = computed(frame, kernel.indices);
  for (let row = 0; row < rows; row++) {
    const entries = input.subarray(row * length, (row + 1) * length);
    const order = [...entries.keys()].sort((i, j) => falling(entries[i], entries[j]) || i - j);
    for (let place = 0; place < k; place++) {
      values[row * k + place] = entries[order[place]];
      indices[row * k + place] = order[place];
    }
    yield;
  }
  yield* write(frame, kernel.values, values);
  yield* write(frame, kernel.indices, indices);
}

/** Negative where x comes before y: NaN first, then from +∞ down. */
function falling(x: number, y: number): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(y)) - Number(Number.isNaN(x));
  return Number(x < y) - Number(x > y);
}
