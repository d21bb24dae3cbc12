import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../../tests/devices.ts";
import { explain } from "../device/explain.ts";
import { concat, type DType, readAll, realize, stats, type Tensor, tensor, variable } from "../index.ts";

const dtypes = ["float32", "int32", "bool"] as const;

/** Shape, axis, and where how much is written. */
const writes = fc
  .record({
    shape: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
    axis: fc.nat(3),
    start: fc.nat(4),
    length: fc.nat(5),
    dtype: fc.constantFrom(...dtypes),
  })
  .map(({ shape, axis: anyAxis, start: anyStart, length: anyLength, dtype }) => {
    const axis = anyAxis % shape.length;
    const start = anyStart % shape[axis];
    return { shape, axis, start, length: anyLength % (shape[axis] - start + 1), dtype };
  });

const hows = fc.constantFrom("computed", "number", "fromEnd");

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

/** Distinct numbers, or alternating truth values. */
const counted = (shape: readonly number[], dtype: DType, from: number): Tensor =>
  tensor(
    Int32Array.from({ length: sizeOf(shape) }, (_, i) => (dtype === "bool" ? (i + from) % 2 : i + from)),
    { shape },
  ).cast(dtype as "float32");

onEachDevice(() => {
  test("values at [start, start + length), x elsewhere", async () => {
    await fc.assert(
      fc.asyncProperty(writes, hows, async ({ shape, axis, start, length, dtype }, how) => {
        const part = shape.map((extent, a) => (a === axis ? length : extent));
        const [x, values] = [counted(shape, dtype, 1), counted(part, dtype, 1000)];
        const given = { computed: tensor(Int32Array.of(start, 0)).sum(), number: start, fromEnd: start - shape[axis] };
        const y = x.sliceScatter(axis, given[how], values);
        const expected = concat([x.slice(axis, 0, start), values, x.slice(axis, start + length)], axis);
        const read = await readAll({ y, expected });
        expect(read.y).toEqual(read.expected);
      }),
      { numRuns: 25 },
    );
  });

  test("a write into a cache stores its entries alone, and another start is no other plan", async () => {
    const cache = variable(tensor(new Float32Array(24), { shape: [2, 4, 3] }));
    const entries = [1, 2, 3].map((value) => tensor(new Float32Array(6).fill(value), { shape: [2, 1, 3] }));
    await realize();
    const { plansCompiled, kernelsRun } = stats();
    for (const [place, values] of entries.entries()) {
      cache.assign(cache.sliceScatter(1, place, values));
      await realize();
    }
    expect(stats().plansCompiled - plansCompiled).toBe(1);
    expect(stats().kernelsRun - kernelsRun).toBe(6);
    const text = explain();
    // The start, one integer, is all that is written beside them.
    expect(text).toMatch(/: 2 kernels.* arena 64 bytes\n/);
    expect(text).toMatch(/insert \[2, 1 of 4, 3\] {2}variable0 = /);
    expect(await cache.select(2, 0).array()).toEqual([
      [1, 2, 3, 0],
      [1, 2, 3, 0],
    ]);
  });

  test("what reads the old version after the write keeps it", async () => {
    const cache = variable(tensor([1, 2, 3, 4]));
    await realize();
    const old = cache.read();
    const written = old.sliceScatter(0, 1, tensor([9, 9]));
    cache.assign(written);
    const both = written.mul(old);
    expect(await both.array()).toEqual([1, 18, 27, 16]);
    expect(await cache.array()).toEqual([1, 9, 9, 4]);
  });

  test("entries of a storage dtype go into a cache of that dtype as they are", async () => {
    const cache = variable(tensor(new Float32Array(8), { shape: [4, 2] }).cast("bfloat16"));
    await realize();
    const entries = tensor([[1, 0.1]]).cast("bfloat16");
    cache.assign(cache.sliceScatter(0, 2, entries));
    const rounded = await entries.cast("float32").array();
    expect(explain()).toMatch(/insert \[1, 1 of 4, 2\] {2}variable/);
    expect(await cache.cast("float32").array()).toEqual([[0, 0], [0, 0], ...(rounded as number[][]), [0, 0]]);
  });

  test("a computed start that does not fit fails the plan", async () => {
    const x = tensor(new Float32Array(4));
    for (const start of [-1, 3]) {
      const from = tensor(Int32Array.of(start)).sum();
      await expect(x.sliceScatter(0, from, tensor([1, 2])).data()).rejects.toThrow(
        /sliceScatter: a computed index is out of range/,
      );
    }
  });
});

test("what does not fit is refused at the call", () => {
  const x = tensor(new Float32Array(6), { shape: [2, 3] });
  const row = tensor([[1, 2, 3]]);
  expect(() => x.sliceScatter(0, 2, row)).toThrow("sliceScatter: [2, 3) is outside axis 0 of shape [2,3]");
  expect(() => x.sliceScatter(0, -3, row)).toThrow("sliceScatter: [-1, 0) is outside axis 0 of shape [2,3]");
  expect(() => x.sliceScatter(0, 0.5, row)).toThrow("sliceScatter: [0.5, 1.5) is outside axis 0");
  expect(() => x.sliceScatter(0, Number.NaN, row)).toThrow("is outside axis 0");
  expect(() => x.sliceScatter(1, 0, row)).toThrow("sliceScatter: values [1,3] do not fit into [2,3] along axis 1");
  expect(() => x.sliceScatter(0, 0, tensor([1, 2, 3]))).toThrow("values [3] do not fit into [2,3]");
  expect(() => x.sliceScatter(0, 0, row.cast("int32"))).toThrow("int32 values do not go into float32; cast them");
  expect(() => x.sliceScatter(2, 0, row)).toThrow("axis 2 is out of range");
  expect(() => x.sliceScatter(0, tensor([0]).sum(), row)).toThrow("indices are int32, not float32");
});
