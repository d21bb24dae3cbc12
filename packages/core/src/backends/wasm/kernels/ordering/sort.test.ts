import fc from "fast-check";
import { expect, test } from "vitest";
import { run } from "../../../../../test/wasm/launch.ts";
import { gather, layouts, place, positions } from "../../../../../test/wasm/places.ts";
import type { Buffer, SortKernel } from "../../../../plan/plan.ts";
import { sort } from "./sort.ts";

const numbers = {
  float32: fc.oneof(fc.constantFrom(Number.NaN, Infinity, -Infinity, 0, -0, 1, 2, -1, Math.fround(1e-40)), fc.float()),
  int32: fc.oneof(fc.constantFrom(0, 1, -1, 255, 256, -(2 ** 31), 2 ** 31 - 1), fc.integer()),
};

/** Short rows, of which any part is sorted, and rows so long that all of one is sorted by its digits. */
const sizes = fc
  .oneof(fc.record({ rows: fc.nat(5), length: fc.nat(21) }), fc.record({ rows: fc.nat(2), length: fc.nat(300) }))
  .chain(({ rows, length }) => fc.record({ rows: fc.constant(rows), length: fc.constant(length), k: fc.nat(length) }));

const cases = fc.tuple(sizes, fc.constantFrom("float32", "int32")).chain(([{ rows, length, k }, dtype]) =>
  fc.record({
    sizes: fc.constant({ rows, length, k, dtype }),
    descending: fc.boolean(),
    input: layouts([rows, length], { repeats: true }),
    indices: layouts([rows, k]),
    elements: fc.array(numbers[dtype], { minLength: rows * length, maxLength: rows * length }),
  }),
);

/** Above everything else stands NaN; −0 equals 0. */
const isGreater = (a: number, b: number): boolean => (Number.isNaN(a) ? !Number.isNaN(b) : a > b);

test("the first k in either order; NaN is the largest, ties go to the lowest index", () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 1, max: 3 }), ({ sizes, descending, input, indices, elements }, threads) => {
      const { rows, length, k, dtype } = sizes;
      const data = new { float32: Float32Array, int32: Int32Array }[dtype](input.size);
      for (const [i, position] of positions(input.view).entries()) data[position] = elements[i];
      const places = { input: place(0, input), indices: place(1, indices) };
      const kernel: SortKernel = { kind: "sort", label: "", rows, length, k, descending, ...places };
      const source = { kind: "slot", slot: 0 } as const;
      const buffers: Buffer[] = [{ dtype, size: data.length, source, memory: 0 }];
      const [, after] = run(sort(kernel, buffers), [data, new Int32Array(indices.size).fill(-7)], threads).buffers;

      const x = gather(data, input.view);
      const chosen = Array.from({ length: rows }, (_, row) => {
        const order = Array.from({ length }, (_, i) => i);
        const precedes = (i: number, j: number): boolean =>
          descending
            ? isGreater(x[row * length + i], x[row * length + j])
            : isGreater(x[row * length + j], x[row * length + i]);
        order.sort((i, j) => (precedes(i, j) ? -1 : precedes(j, i) ? 1 : i - j));
        return order.slice(0, k);
      });
      expect(gather(after, indices.view)).toEqual(chosen.flat());
      const written = new Set(positions(indices.view));
      expect(after.every((value, i) => written.has(i) || value === -7)).toBe(true);
    }),
    { numRuns: 100 },
  );
});
