import type { GroupByKernel } from "../../../plan/plan.ts";
import { computed, read, write } from "../arrays.ts";
import { type Frame, fail } from "../frame.ts";

/** A stable counting sort: counts, their sums, then every element to the next place of its group. */
export function* groupBy(kernel: GroupByKernel, frame: Frame): Generator<void, void> {
  const { groups, check } = kernel;
  const ids = yield* read(frame, kernel.ids);
  const clamped = ids.map((id) => Math.min(Math.max(id, 0), groups - 1));
  if (clamped.some((id, i) => id !== ids[i])) fail(frame, check);
  yield;

  const offsets = computed(frame, kernel.offsets);
  for (const id of clamped) offsets[id + 1]++;
  for (let group = 0; group < groups; group++) offsets[group + 1] += offsets[group];
  yield;

  const permutation = computed(frame, kernel.permutation);
  const next = offsets.slice();
  for (const [element, id] of clamped.entries()) permutation[next[id]++] = element;
  yield;
  yield* write(frame, kernel.permutation, permutation);
  yield* write(frame, kernel.offsets, offsets);
}
