import type { Place } from "@tsuki/core/backend";
import { ReferenceBackend } from "@tsuki/core/reference";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  agree,
  type Case,
  families,
  matmulCases,
  PlanBuilder,
  runCase,
  sameResults,
} from "../../core/test/conformance/index.ts";
import { describeModes } from "../test/modes.ts";
import type { GpuBackend } from "./backend.ts";
import { createGpuBackend } from "./index.ts";

const reference = new ReferenceBackend();

/** A case of one product of two values; C is row-major. */
function productOf(m: number, n: number, k: number, a: Operand, b: Operand, batch: number[] = []): Case {
  const plan = new PlanBuilder();
  const shape = [...batch, m, n];
  const place = ({ data, strides }: Operand, extents: number[]): Place => ({
    buffer: plan.value("float32", data),
    view: { shape: extents, strides, offset: 0 },
  });
  const [left, right] = [place(a, [...batch, m, k]), place(b, [...batch, k, n])];
  const rowMajor = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, extent) => product * extent, 1));
  const c = { buffer: plan.output("float32", shape), view: { shape, strides: rowMajor, offset: 0 } };
  plan.step({ kind: "matmul", label: "product", batch, m, n, k, a: left, b: right, c, symmetric: false });
  return plan.build(`${m}×${k} by ${k}×${n}`, { relative: 0, absolute: k * 2 ** -23 * k });
}

interface Operand {
  readonly data: Float32Array;
  readonly strides: number[];
}

/** A row-major or transposed matrix of numbers between −1 and 1. */
function matrix(rows: number, columns: number, transposed: boolean, seed: number): Operand {
  const data = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(seed + i * 1.37));
  return { data, strides: transposed ? [1, rows] : [columns, 1] };
}

describeModes((mode) => {
  let backend: GpuBackend;
  beforeAll(async () => {
    backend = await createGpuBackend({ mode });
  });
  afterAll(async () => {
    await backend.close();
  });

  test("products equal the reference's in every layout and size", async () => {
    // WGSL promises neither NaN nor infinity.
    const cases = matmulCases().filter(
      ({ slots }) => mode !== "webgpu" || slots.flatMap((s) => [...s]).every(Number.isFinite),
    );
    await fc.assert(fc.asyncProperty(cases, (case_) => agree(case_, reference, backend)));
    expect(backend.mode).toBe(mode);
    expect(backend.fallbackReason).toBeNull();
  });

  test("sums of more than a thousand terms are whole", async () => {
    const sizes = fc.record({
      m: fc.integer({ min: 1, max: 20 }),
      n: fc.integer({ min: 1, max: 20 }),
      k: fc.integer({ min: 1001, max: 5000 }),
      transposed: fc.tuple(fc.boolean(), fc.boolean()),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ m, n, k, transposed: [ta, tb] }) => {
        await agree(productOf(m, n, k, matrix(m, k, ta, 1), matrix(k, n, tb, 2)), reference, backend);
        const ones = { data: new Float32Array(k).fill(1), strides: [0, 1] };
        const [sums] = await runCase(backend, productOf(m, n, k, ones, { ...ones, strides: [1, 0] }));
        expect(new Set(sums)).toEqual(new Set([k]));
      }),
      { numRuns: 8 },
    );
  });

  test("products of more elements than one call on the calling thread takes", async () => {
    const [m, n, k] = [150, 130, 170];
    const batched = (of: Operand, size: number) => ({ ...of, strides: [size, ...of.strides] });
    const stack = (rows: number, columns: number, transposed: boolean, seed: number) => {
      const { data } = matrix(2 * rows, columns, false, seed);
      return batched({ data, strides: matrix(rows, columns, transposed, 0).strides }, rows * columns);
    };
    const case_ = productOf(m, n, k, stack(m, k, false, 3), stack(k, n, true, 4), [2]);
    await agree(case_, reference, backend);
  });

  test("addresses above 2²⁴ are exact", async () => {
    // In float32 the last address of either operand would be rounded to its even neighbour.
    const strides = [5_592_407, 5_592_409, 5_592_411];
    const data = new Float32Array(strides[0] + strides[1] + strides[2] + 1);
    const places = [0, 1].flatMap((z) => [0, 1].flatMap((y) => [0, 1].map((x) => [z, y, x])));
    const at = places.map((place) => place.reduce((sum, coordinate, axis) => sum + coordinate * strides[axis], 0));
    for (const [i, address] of at.entries()) data[address] = i + 2;
    expect(at.at(-1)).toBeGreaterThan(2 ** 24);
    expect(at.at(-1)! % 2).toBe(1);
    const case_ = productOf(2, 2, 2, { data, strides }, { data, strides }, [2]);
    sameResults(
      { ...case_, tolerance: "bits" },
      { results: await runCase(reference, case_) },
      {
        results: await runCase(backend, case_),
      },
    );
  });
});

test.each(["webasm", "cpu"] as const)(
  "in %s, a long product on the calling thread gives way again and again",
  async (mode) => {
    const backend = await createGpuBackend({ mode });
    const [size, k] = [60, 3000];
    let turns = 0;
    let over = false;
    const count = (): void => {
      turns++;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    await runCase(backend, productOf(size, size, k, matrix(size, k, false, 5), matrix(k, size, true, 6)));
    over = true;
    expect(turns).toBeGreaterThan((size * size * k) / 2 ** 20);
    await backend.close();
  },
);

test("the bits of a product are the same with any number of threads, and on the calling thread", async () => {
  const [m, n, k] = [70, 90, 300];
  const [a, b] = [matrix(m, k, false, 7), matrix(k, n, true, 8)];
  const case_ = productOf(m, n, k, a, b);
  const results: Float32Array[] = [];
  for (const threads of [1, 2, 3]) {
    const backend = await createGpuBackend({ mode: "webasm", threads });
    results.push((await runCase(backend, case_))[0] as Float32Array);
    // A row alone is too small for threads.
    const row = productOf(1, n, k, a, b);
    expect((await runCase(backend, row))[0]).toEqual(results[0].slice(0, n));
    await backend.close();
  }
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
});

test("the rest of a plan is the reference's, bit for bit", async () => {
  const backend = await createGpuBackend({ mode: "webasm" });
  const { matmul: _, ...others } = families();
  for (const cases of Object.values(others)) {
    await fc.assert(
      fc.asyncProperty(cases, (case_) => agree({ ...case_, tolerance: "bits" }, reference, backend)),
      { numRuns: 4 },
    );
  }
  await backend.close();
});
