import fc from "fast-check";
import { expect, test } from "vitest";
import { run } from "../../../../test/wasm/launch.ts";
import { gather, layouts, place, positions } from "../../../../test/wasm/places.ts";
import type { TopKKernel } from "../../../plan/plan.ts";
import { topK } from "./top-k.ts";

const special = fc.constantFrom(Number.NaN, Infinity, -Infinity, 0, -0, 1, 2, -1, Math.fround(1e-40));
const element = fc.oneof(special, fc.float());

const cases = fc.record({ rows: fc.nat(5), length: fc.nat(21), part: fc.nat(21) }).chain(({ rows, length, part }) => {
  const k = part % (length + 1);
  return fc.record({
    sizes: fc.constant({ rows, length, k }),
    input: layouts([rows, length], { repeats: true }),
    values: layouts([rows, k]),
    indices: layouts([rows, k]),
    elements: fc.array(element, { minLength: rows * length, maxLength: rows * length }),
  });
});

/** Above everything else stands NaN; −0 equals 0. */
const isGreater = (a: number, b: number): boolean => (Number.isNaN(a) ? !Number.isNaN(b) : a > b);

test("the k largest, falling; NaN is the largest, ties go to the lowest index", () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 1, max: 3 }), ({ sizes, input, values, indices, elements }, threads) => {
      const { rows, length, k } = sizes;
      const data = new Float32Array(input.size);
      for (const [i, position] of positions(input.view).entries()) data[position] = elements[i];
      const places = { input: place(0, input), values: place(1, values), indices: place(2, indices) };
      const kernel: TopKKernel = { kind: "topK", label: "", rows, length, k, ...places };
      const buffers = [data, new Float32Array(values.size).fill(7), new Int32Array(indices.size).fill(-7)];
      const after = run(topK(kernel), buffers, threads).buffers;

      const x = gather(data, input.view);
      const chosen = Array.from({ length: rows }, (_, row) => {
        const order = Array.from({ length }, (_, i) => i);
        const at = (i: number): number => x[row * length + i];
        order.sort((i, j) => (isGreater(at(i), at(j)) ? -1 : isGreater(at(j), at(i)) ? 1 : i - j));
        return order.slice(0, k);
      });
      expect(gather(after[2], indices.view)).toEqual(chosen.flat());
      const expected = chosen.flatMap((order, row) => order.map((i) => x[row * length + i]));
      expect(gather(after[1], values.view)).toEqual(expected);
      const written = (view: typeof values.view): Set<number> => new Set(positions(view));
      const inValues = written(values.view);
      const inIndices = written(indices.view);
      expect(after[1].every((value, i) => inValues.has(i) || value === 7)).toBe(true);
      expect(after[2].every((value, i) => inIndices.has(i) || value === -7)).toBe(true);
    }),
    { numRuns: 100 },
  );
});
