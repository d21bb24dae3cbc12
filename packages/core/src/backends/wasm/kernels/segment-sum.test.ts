import fc from "fast-check";
import { expect, test } from "vitest";
import { run } from "../../../../test/wasm/launch.ts";
import { gather, type Layout, layouts, place, positions, randomArray, sameBits } from "../../../../test/wasm/places.ts";
import type { SegmentSumKernel } from "../../../plan/plan.ts";
import { contiguous, sizeOf } from "../../../plan/view.ts";
import { segmentSum } from "./segment-sum.ts";

const dense = (shape: number[]): fc.Arbitrary<Layout> => fc.constant({ view: contiguous(shape), size: sizeOf(shape) });
const anyLayout = (shape: number[]): fc.Arbitrary<Layout> => fc.oneof(dense(shape), layouts(shape));

const cases = fc
  .record({ lengths: fc.array(fc.nat(6), { maxLength: 7 }), width: fc.nat(80), seed: fc.integer() })
  .chain(({ lengths, width, seed }) => {
    const rows = lengths.reduce((a, b) => a + b, 0);
    const segments = lengths.length;
    return fc.record({
      sizes: fc.constant({ rows, segments, width, seed, lengths }),
      order: fc.shuffledSubarray([...Array(rows).keys()], { minLength: rows }),
      input: anyLayout([rows, width]),
      permutation: layouts([rows]),
      offsets: layouts([segments + 1]),
      out: anyLayout([segments, width]),
    });
  });

function scatter(values: readonly number[], { view, size }: Layout): Int32Array {
  const data = new Int32Array(size).fill(-77);
  for (const [i, position] of positions(view).entries()) data[position] = values[i];
  return data;
}

test("rows of a segment are added in the permutation's order, from 0", () => {
  fc.assert(
    fc.property(cases, ({ sizes, order, input, permutation, offsets, out }) => {
      const { rows, segments, width, seed, lengths } = sizes;
      const starts = [0];
      for (const length of lengths) starts.push(starts.at(-1)! + length);
      const data = randomArray(input.size, seed);
      const target = randomArray(out.size, seed + 1);
      const kernel: SegmentSumKernel = {
        ...{ kind: "segmentSum", label: "", rows, segments, width },
        input: place(0, input),
        permutation: place(1, permutation),
        offsets: place(2, offsets),
        out: place(3, out),
      };
      const buffers = [data, scatter(order, permutation), scatter(starts, offsets), target];

      const x = gather(data, input.view);
      const expected = target.slice();
      for (const [at, position] of positions(out.view).entries()) {
        const [segment, column] = [Math.floor(at / width), at % width];
        let sum = 0;
        for (let p = starts[segment]; p < starts[segment + 1]; p++)
          sum = Math.fround(sum + x[order[p] * width + column]);
        expected[position] = sum;
      }
      for (const threads of [1, 2, 3]) {
        const after = run(segmentSum(kernel), buffers, threads).buffers[3] as Float32Array;
        expect(sameBits(after, expected)).toBe(true);
      }
    }),
    { numRuns: 50 },
  );
});
