import fc from "fast-check";
import { expect, test } from "vitest";
import { run } from "../../../../../test/wasm/launch.ts";
import { gather, layouts, place, positions } from "../../../../../test/wasm/places.ts";
import type { GroupByKernel } from "../../../../plan/plan.ts";
import { groupBy } from "./group-by.ts";

const cases = fc.record({ length: fc.nat(40), groups: fc.integer({ min: 1, max: 9 }) }).chain(({ length, groups }) => {
  const inside = fc.integer({ min: 0, max: groups - 1 });
  return fc.record({
    sizes: fc.constant({ length, groups }),
    ids: layouts([length]),
    permutation: layouts([length]),
    offsets: layouts([groups + 1]),
    elements: fc.oneof(
      fc.array(inside, { minLength: length, maxLength: length }),
      fc.array(fc.oneof(inside, fc.integer()), { minLength: length, maxLength: length }),
    ),
  });
});

test("a stable sort by group; ids outside are clamped and fail the check", () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 1, max: 3 }), ({ sizes, ids, permutation, offsets, elements }, threads) => {
      const { length, groups } = sizes;
      const data = new Int32Array(ids.size).fill(99);
      for (const [i, position] of positions(ids.view).entries()) data[position] = elements[i];
      const places = { ids: place(0, ids), permutation: place(1, permutation), offsets: place(2, offsets) };
      const kernel: GroupByKernel = { kind: "groupBy", label: "", length, groups, check: 4, ...places };
      const buffers = [data, new Int32Array(permutation.size), new Int32Array(offsets.size)];
      const outcome = run(groupBy(kernel), buffers, threads);

      const clamped = elements.map((id) => Math.min(Math.max(id, 0), groups - 1));
      const order = clamped.map((_, i) => i).sort((i, j) => clamped[i] - clamped[j] || i - j);
      expect(gather(outcome.buffers[1], permutation.view)).toEqual(order);
      const ends = Array.from({ length: groups + 1 }, (_, group) => clamped.filter((id) => id < group).length);
      expect(gather(outcome.buffers[2], offsets.view)).toEqual(ends);
      expect(outcome.error).toBe(elements.every((id, i) => id === clamped[i]) ? 0 : 5);
    }),
    { numRuns: 100 },
  );
});

test("the first failure stays in the error word", () => {
  const view = { shape: [1], strides: [1], offset: 0 };
  const pair = { shape: [2], strides: [1], offset: 0 };
  const failing = (check: number): GroupByKernel => ({
    ...{ kind: "groupBy", label: "", length: 1, groups: 1, check },
    ids: { buffer: 0, view },
    permutation: { buffer: 1, view },
    offsets: { buffer: 2, view: pair },
  });
  const launches = [failing(7), failing(2)].map(groupBy);
  const both = { phases: launches.flatMap((launch) => launch.phases), sharedScratch: 64, threadScratch: 0 };
  expect(run(both, [Int32Array.of(3), new Int32Array(1), new Int32Array(2)], 1).error).toBe(8);
});
