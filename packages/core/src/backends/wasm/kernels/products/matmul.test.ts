import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { run } from "../../../../../test/wasm/launch.ts";
import {
  gather,
  type Layout,
  layouts,
  place,
  positions,
  randomArray,
  sameBits,
} from "../../../../../test/wasm/places.ts";
import type { MatmulKernel } from "../../../../plan/plan.ts";
import { contiguous, permuteView, sizeOf } from "../../../../plan/view.ts";
import type { KernelOptions, Launch } from "../kernel.ts";
import { tiles } from "../tile.ts";
import { matmul } from "./matmul.ts";
import { byMatrices } from "./matmul-matrices.ts";
import { byPanels } from "./matmul-panels.ts";
import { byRows } from "./matmul-rows.ts";
import { type MatmulShape, orient } from "./matmul-shape.ts";
import { type ProductCode, productCode } from "./product.ts";

interface Case {
  readonly kernel: MatmulKernel;
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly c: Float32Array;
}

type Operands = Readonly<Record<"a" | "b" | "c", Layout>>;

function kernelOf(batch: readonly number[], m: number, n: number, k: number, operands: Operands): MatmulKernel {
  const { a, b, c } = operands;
  const places = { a: place(0, a), b: place(1, b), c: place(2, c) };
  return { kind: "matmul", label: "matmul", batch, m, n, k, ...places, symmetric: false };
}

const extent = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constantFrom(1, 4, 8, 16, 24));
const shapes = fc.record({
  batch: fc.array(fc.constantFrom(2, 1, 3, 0), { maxLength: 2 }),
  m: extent,
  n: fc.oneof({ weight: 3, arbitrary: extent }, fc.integer({ min: 0, max: 50 })),
  k: fc.oneof({ weight: 5, arbitrary: extent }, fc.constantFrom(385, 770)),
});
type Shape = Readonly<Pick<MatmulKernel, "batch" | "m" | "n" | "k">>;
const casesOf = ({ batch, m, n, k }: Shape): fc.Arbitrary<Case> =>
  fc
    .record({
      a: layouts([...batch, m, k], { repeats: true }),
      b: layouts([...batch, k, n], { repeats: true }),
      c: layouts([...batch, m, n]),
      seed: fc.integer(),
    })
    .map(({ a, b, c, seed }) => ({
      kernel: kernelOf(batch, m, n, k, { a, b, c }),
      a: randomArray(a.size, seed),
      b: randomArray(b.size, seed + 1),
      c: randomArray(c.size, seed + 2),
    }));
const cases = shapes.chain(casesOf);

/** Every element by `step` from 0 in rising k. */
function product({ kernel, a, b }: Case, step: (sum: number, x: number, y: number) => number): number[] {
  const { batch, m, n, k } = kernel;
  const x = gather(a, kernel.a.view);
  const y = gather(b, kernel.b.view);
  const result: number[] = [];
  for (let matrix = 0; matrix < sizeOf(batch); matrix++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) sum = step(sum, x[(matrix * m + i) * k + l], y[(matrix * k + l) * n + j]);
        result.push(sum);
      }
    }
  }
  return result;
}

/** What a plain multiply and add gives, bit for bit. */
const plainStep = (sum: number, x: number, y: number): number => Math.fround(Math.fround(x * y) + sum);

const ways = {
  chosen: matmul,
  panels: explicit(byPanels),
  rows: explicit(byRows),
  matrices: explicit(byMatrices),
} as const;
const wayNames = ["chosen", "panels", "rows", "matrices"] as const;

function explicit(way: (shape: MatmulShape, code: ProductCode) => Launch) {
  return (kernel: MatmulKernel, options: KernelOptions): Launch => {
    const shape = orient(kernel);
    return way(shape, productCode(options, shape.layouts, shape, kernel.symmetric));
  };
}

/** C in row-major order; checks that nothing between its elements was written. */
function compute(example: Case, options: KernelOptions, threads: number, way: keyof typeof ways = "chosen"): number[] {
  const { kernel, a, b } = example;
  const c = example.c.slice();
  const launch = ways[way](kernel, options);
  const [a2, b2, c2] = run(launch, [a, b, c], threads).buffers as Float32Array[];
  expect([sameBits(a2, a), sameBits(b2, b)]).toEqual([true, true]);
  for (const position of positions(kernel.c.view)) c[position] = c2[position];
  expect(sameBits(c2, c)).toBe(true);
  return gather(c2, kernel.c.view);
}

describe.each(Object.entries(tiles))("%s tile", (_, tile) => {
  test("plain: every way and number of threads gives the bits of one sum in rising k", () => {
    fc.assert(
      fc.property(
        cases,
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(...wayNames),
        fc.boolean(),
        (example, threads, way, concurrent) => {
          const options = { tile, relaxed: false, concurrent };
          expect(compute(example, options, threads, way)).toEqual(product(example, plainStep));
        },
      ),
    );
  });

  test("relaxed: within K·2⁻²⁴·Σ|terms|; the same bits at 1, 2, 3 threads, in every way and layout", () => {
    fc.assert(
      fc.property(cases, (example) => {
        const options = { tile, relaxed: true, concurrent: false };
        const { m, n, k, batch } = example.kernel;
        const result = compute(example, options, 1);
        const exact = product(example, (sum, x, y) => sum + x * y);
        const terms = product(example, (sum, x, y) => sum + Math.abs(x * y));
        const excess = result.map((value, i) => Math.abs(value - exact[i]) - 1.01 * k * 2 ** -24 * terms[i]);
        expect(excess.filter((e) => !(e <= 0))).toEqual([]);
        for (const way of ["panels", "rows", "matrices"] as const) {
          expect(compute(example, options, 2, way)).toEqual(result);
          expect(compute(example, options, 3, way)).toEqual(result);
        }
        const dense = { shape: [m, n], size: sizeOf([...batch, m, n]) };
        const operand = (shape: number[], data: Float32Array): [Layout, Float32Array] => [
          { view: contiguous(shape), size: data.length },
          data,
        ];
        const [a, aData] = operand([...batch, m, k], Float32Array.from(gather(example.a, example.kernel.a.view)));
        const [b, bData] = operand([...batch, k, n], Float32Array.from(gather(example.b, example.kernel.b.view)));
        const c = { view: contiguous([...batch, m, n]), size: dense.size };
        const kernel = kernelOf(batch, m, n, k, { a, b, c });
        expect(compute({ kernel, a: aData, b: bData, c: new Float32Array(dense.size) }, options, 1)).toEqual(result);
      }),
    );
  });
});

describe.each(Object.entries(tiles))("%s tile, symmetric", (_, tile) => {
  const shapes = fc.record({
    batch: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
    m: fc.nat(70),
    k: extent,
  });
  const symmetric = shapes.chain(({ batch, m, k }) =>
    casesOf({ batch, m, n: m, k }).map(({ kernel, a, c }): Case => {
      const { view } = kernel.a;
      const swapped = [
        ...view.shape.map((_extent, axis) => axis).slice(0, -2),
        view.shape.length - 1,
        view.shape.length - 2,
      ];
      const b = { buffer: 1, view: permuteView(view, swapped) };
      return { kernel: { ...kernel, b, symmetric: true }, a, b: a, c };
    }),
  );

  test("X·Xᵀ has the bits of the full product, in every way, at any number of threads", () => {
    const threads = fc.integer({ min: 1, max: 3 });
    fc.assert(
      fc.property(
        symmetric,
        threads,
        fc.constantFrom("chosen", "rows", "matrices"),
        fc.boolean(),
        (example, n, way, concurrent) => {
          const options = { tile, relaxed: false, concurrent };
          expect(compute(example, options, n, way)).toEqual(product(example, plainStep));
        },
      ),
    );
  });

  test("a batch of one matrix that is repeated", () => {
    const view = { shape: [2, 66, 16], strides: [0, 16, 1], offset: 0 };
    const data = randomArray(66 * 16, 3);
    const [a, c] = [
      { view, size: data.length },
      { view: contiguous([2, 66, 66]), size: 2 * 66 * 66 },
    ];
    const b = { view: permuteView(view, [0, 2, 1]), size: data.length };
    const kernel = { ...kernelOf([2], 66, 66, 16, { a, b, c }), symmetric: true };
    const example = { kernel, a: data, b: data, c: new Float32Array(c.size) };
    for (const way of ["chosen", "rows", "matrices"] as const) {
      expect(compute(example, { tile, relaxed: false, concurrent: false }, 2, way)).toEqual(
        product(example, plainStep),
      );
    }
  });

  test("what is below the diagonal is not computed but copied", () => {
    const data = randomArray(3 * 40 * 40, 7);
    const [a, b] = [data.slice(0, 1600), data.slice(1600, 3200)];
    const layout: Layout = { view: contiguous([40, 40]), size: 1600 };
    const kernel = { ...kernelOf([], 40, 40, 40, { a: layout, b: layout, c: layout }), symmetric: true };
    const full = product({ kernel, a, b, c: a }, plainStep);
    const result = compute({ kernel, a, b, c: new Float32Array(1600) }, { tile, relaxed: false, concurrent: false }, 2);
    const [row, column] = [(i: number) => Math.floor(i / 40), (i: number) => i % 40];
    const mirrored = full.map((_, i) => (row(i) <= column(i) ? full[i] : full[column(i) * 40 + row(i)]));
    expect(result).toEqual(mirrored);
  });
});

test("batches: axes that are joined, repeated, or taken for rows and columns", () => {
  const small = fc.integer({ min: 1, max: 3 });
  const batches = fc.record({ batch: fc.array(small, { minLength: 1, maxLength: 4 }), m: small, n: small, k: small });
  fc.assert(
    fc.property(batches.chain(casesOf), fc.constantFrom(...wayNames), (example, way) => {
      expect(compute(example, { tile: tiles.narrow, relaxed: false, concurrent: false }, 2, way)).toEqual(
        product(example, plainStep),
      );
    }),
    { numRuns: 250 },
  );
});

const narrow = { tile: tiles.narrow, relaxed: true, concurrent: false };

test("a row has the same bits alone, at any position, and in a batch", () => {
  const [m, n, k] = [70, 33, 400];
  const a = randomArray(m * k, 1);
  const b = randomArray(k * n, 2);
  const whole = { a: contiguous([m, k]), b: contiguous([k, n]), c: contiguous([m, n]) };
  const layout = (view: Layout["view"]): Layout => ({ view, size: sizeOf(view.shape) });
  const all = compute(
    {
      kernel: kernelOf([], m, n, k, { a: layout(whole.a), b: layout(whole.b), c: layout(whole.c) }),
      a,
      b,
      c: new Float32Array(m * n),
    },
    narrow,
    2,
  );
  const single = { a: contiguous([1, k]), b: contiguous([k, n]), c: contiguous([1, n]) };
  for (const row of [0, 1, 63, 69]) {
    const kernel = kernelOf([], 1, n, k, {
      a: layout({ ...single.a, offset: row * k }),
      b: layout(single.b),
      c: layout(single.c),
    });
    const alone = compute({ kernel, a, b, c: new Float32Array(n) }, narrow, 2);
    expect(alone).toEqual(all.slice(row * n, (row + 1) * n));
  }
  const batched = compute(
    {
      kernel: kernelOf([m], 1, n, k, {
        a: layout(contiguous([m, 1, k])),
        b: layout({ shape: [m, k, n], strides: [0, n, 1], offset: 0 }),
        c: layout(permuteView(contiguous([1, m, n]), [1, 0, 2])),
      }),
      a,
      b,
      c: new Float32Array(m * n),
    },
    narrow,
    3,
  );
  expect(batched).toEqual(all);
});

test("NaN and infinity spread as far as their row or column, and no farther", () => {
  fc.assert(
    fc.property(
      fc.record({ m: fc.integer({ min: 1, max: 11 }), n: fc.integer({ min: 1, max: 19 }), at: fc.nat(), bt: fc.nat() }),
      fc.constantFrom(Number.NaN, Infinity, -Infinity),
      ({ m, n, at, bt }, special) => {
        const k = 7;
        const a = randomArray(m * k, at);
        const b = randomArray(k * n, bt);
        a[at % a.length] = special;
        b[bt % b.length] = special;
        const layout = (...shape: number[]): Layout => ({ view: contiguous(shape), size: sizeOf(shape) });
        const kernel = kernelOf([], m, n, k, { a: layout(m, k), b: layout(k, n), c: layout(m, n) });
        const example = { kernel, a, b, c: new Float32Array(m * n) };
        const expected = product(example, plainStep);
        for (const relaxed of [false, true]) {
          const result = compute(example, { tile: tiles.narrow, relaxed, concurrent: false }, 1);
          expect(result.map(classify)).toEqual(expected.map(classify));
        }
      },
    ),
  );
});

function classify(value: number): string {
  return Number.isFinite(value) ? "finite" : String(value);
}

test("a product wider than one strip of packed columns", () => {
  const [m, n, k] = [65, 70_000, 130];
  const layout = (...shape: number[]): Layout => ({ view: contiguous(shape), size: sizeOf(shape) });
  const kernel = kernelOf([], m, n, k, { a: layout(m, k), b: layout(k, n), c: layout(m, n) });
  expect(matmul(kernel, narrow).phases.length).toBeGreaterThan(2);
  const a = randomArray(m * k, 1);
  const b = randomArray(k * n, 2);
  const [, , c] = run(matmul(kernel, narrow), [a, b, new Float32Array(m * n)], 2).buffers;
  for (const [i, j] of [
    [0, 0],
    [64, 69_999],
    [17, 64_527],
    [17, 64_528],
    [33, 65_535],
  ]) {
    let [sum, terms] = [0, 0];
    for (let l = 0; l < k; l++) {
      sum += a[i * k + l] * b[l * n + j];
      terms += Math.abs(a[i * k + l] * b[l * n + j]);
    }
    expect(Math.abs(c[i * n + j] - sum)).toBeLessThanOrEqual(k * 2 ** -24 * terms);
  }
});

test("code depends on layouts and tile alone", () => {
  const layout = (...shape: number[]): Layout => ({ view: contiguous(shape), size: sizeOf(shape) });
  const keys = (batch: number[], m: number, n: number, k: number): string[] => {
    const operands = { a: layout(...batch, m, k), b: layout(...batch, k, n), c: layout(...batch, m, n) };
    return matmul(kernelOf(batch, m, n, k, operands), narrow).phases.map((phase) => phase.code.key);
  };
  expect(keys([], 500, 300, 200)).toEqual(keys([2], 301, 277, 900));
  expect(keys([7, 3], 15, 30, 20)).toEqual(keys([4], 60, 4, 900));
  expect(keys([], 20, 300, 20)).toEqual(keys([], 30, 4000, 900));
  expect(keys([], 0, 3, 4)).toEqual([]);
});
