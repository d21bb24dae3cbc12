import fc from "fast-check";
import { expect, test } from "vitest";
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
import type { GroupedContractionKernel, GroupedRowsKernel } from "../../../../plan/plan.ts";
import { contiguous, sizeOf, type View } from "../../../../plan/view.ts";
import type { KernelOptions } from "../kernel.ts";
import { tiles } from "../tile.ts";
import { groupedContraction, groupedRows } from "./grouped.ts";

const anyTile = fc.constantFrom(...Object.values(tiles));
/** Rows of each group; many are empty. */
const groupLengths = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 13 })), { maxLength: 6 });

function offsetsOf(lengths: readonly number[]): number[] {
  let end = 0;
  return [0, ...lengths.map((length) => (end += length))];
}

function scatter(values: readonly number[], { view, size }: Layout): Int32Array {
  const data = new Int32Array(size).fill(-77);
  for (const [i, position] of positions(view).entries()) data[position] = values[i];
  return data;
}

const plainStep = (sum: number, x: number, y: number): number => Math.fround(Math.fround(x * y) + sum);
const exactStep = (sum: number, x: number, y: number): number => sum + x * y;
const termStep = (sum: number, x: number, y: number): number => sum + Math.abs(x * y);
type Step = typeof plainStep;

/** Whether `values` have the errors that sums of `lengths[i]` terms may have. */
function withinBound(
  values: readonly number[],
  exact: readonly number[],
  terms: readonly number[],
  n: number,
): boolean {
  return values.every((value, i) => Math.abs(value - exact[i]) <= 1.01 * n * 2 ** -24 * terms[i]);
}

/** C after the run; nothing else may have changed. */
function result(outcome: readonly (Float32Array | Int32Array)[], c: Float32Array, view: View): number[] {
  const after = outcome.at(-1) as Float32Array;
  const expected = c.slice();
  for (const position of positions(view)) expected[position] = after[position];
  expect(sameBits(after, expected)).toBe(true);
  return gather(after, view);
}

const rowsCase = fc
  .record({ lengths: groupLengths, n: fc.integer({ min: 0, max: 40 }), k: fc.constantFrom(0, 1, 5, 16, 400) })
  .chain(({ lengths, n, k }) => {
    const rows = lengths.reduce((a, b) => a + b, 0);
    return fc.record({
      lengths: fc.constant(lengths),
      sizes: fc.constant({ rows, n, k, groups: lengths.length }),
      a: layouts([rows, k]),
      b: layouts([lengths.length, k, n]),
      offsets: layouts([lengths.length + 1]),
      c: layouts([rows, n]),
      seed: fc.integer(),
    });
  });

test("grouped rows: each row with its group's matrix, the bits of one sum in rising k", () => {
  fc.assert(
    fc.property(rowsCase, anyTile, ({ lengths, sizes, a, b, offsets, c, seed }, tile) => {
      const { rows, n, k, groups } = sizes;
      const places = { a: place(0, a), b: place(1, b), offsets: place(2, offsets), c: place(3, c) };
      const kernel: GroupedRowsKernel = { kind: "groupedRows", label: "", rows, n, k, groups, ...places };
      const [aData, bData] = [randomArray(a.size, seed), randomArray(b.size, seed + 1)];
      const cData = randomArray(c.size, seed + 2);
      const buffers = [aData, bData, scatter(offsetsOf(lengths), offsets), cData];
      const compute = (relaxed: boolean, threads: number): number[] =>
        result(run(groupedRows(kernel, { tile, relaxed, concurrent: false }), buffers, threads).buffers, cData, c.view);

      const [x, y] = [gather(aData, a.view), gather(bData, b.view)];
      const model = (step: Step): number[] =>
        lengths.flatMap((length, group) => {
          const first = offsetsOf(lengths)[group];
          return Array.from({ length: length * n }, (_, at) => {
            const [row, j] = [first + Math.floor(at / n), at % n];
            let sum = 0;
            for (let l = 0; l < k; l++) sum = step(sum, x[row * k + l], y[(group * k + l) * n + j]);
            return sum;
          });
        });
      for (const threads of [1, 2, 3]) expect(compute(false, threads)).toEqual(model(plainStep));
      const relaxed = compute(true, 1);
      expect(withinBound(relaxed, model(exactStep), model(termStep), k)).toBe(true);
      for (const threads of [2, 3, 7]) expect(compute(true, threads)).toEqual(relaxed);
    }),
  );
});

const contractionCase = fc
  .record({ lengths: groupLengths, m: fc.integer({ min: 0, max: 11 }), n: fc.integer({ min: 0, max: 40 }) })
  .chain(({ lengths, m, n }) => {
    const rows = lengths.reduce((a, b) => a + b, 0);
    return fc.record({
      lengths: fc.constant(lengths),
      sizes: fc.constant({ rows, m, n, groups: lengths.length }),
      a: layouts([rows, m]),
      b: layouts([rows, n]),
      offsets: layouts([lengths.length + 1]),
      c: layouts([lengths.length, m, n]),
      seed: fc.integer(),
    });
  });

test("grouped contraction: sums over the group's rows in rising order, zeros for an empty group", () => {
  fc.assert(
    fc.property(contractionCase, anyTile, ({ lengths, sizes, a, b, offsets, c, seed }, tile) => {
      const { rows, m, n, groups } = sizes;
      const places = { a: place(0, a), b: place(1, b), offsets: place(2, offsets), c: place(3, c) };
      const kernel: GroupedContractionKernel = {
        ...{ kind: "groupedContraction", label: "", rows, m, n, groups },
        ...places,
      };
      const [aData, bData] = [randomArray(a.size, seed), randomArray(b.size, seed + 1)];
      const cData = randomArray(c.size, seed + 2);
      const buffers = [aData, bData, scatter(offsetsOf(lengths), offsets), cData];
      const compute = (relaxed: boolean, threads: number): number[] =>
        result(
          run(groupedContraction(kernel, { tile, relaxed, concurrent: false }), buffers, threads).buffers,
          cData,
          c.view,
        );

      const [x, y] = [gather(aData, a.view), gather(bData, b.view)];
      const model = (step: Step): number[] =>
        lengths.flatMap((length, group) =>
          Array.from({ length: m * n }, (_, at) => {
            const [i, j] = [Math.floor(at / n), at % n];
            const first = offsetsOf(lengths)[group];
            let sum = 0;
            for (let r = first; r < first + length; r++) sum = step(sum, x[r * m + i], y[r * n + j]);
            return sum;
          }),
        );
      for (const threads of [1, 2, 3]) expect(compute(false, threads)).toEqual(model(plainStep));
      const relaxed = compute(true, 1);
      expect(withinBound(relaxed, model(exactStep), model(termStep), Math.max(0, ...lengths))).toBe(true);
      for (const threads of [2, 3, 7]) expect(compute(true, threads)).toEqual(relaxed);
    }),
  );
});

const narrow: KernelOptions = { tile: tiles.narrow, relaxed: true, concurrent: false };
const dense = (...shape: number[]): Layout => ({ view: contiguous(shape), size: sizeOf(shape) });

test("a row's bits do not depend on how rows are grouped", () => {
  const [rows, n, k] = [40, 50, 500];
  const a = randomArray(rows * k, 1);
  const b = randomArray(k * n, 2);
  const compute = (lengths: readonly number[]): Float32Array => {
    const groups = lengths.length;
    const weights = new Float32Array(groups * k * n);
    for (let group = 0; group < groups; group++) weights.set(b, group * k * n);
    const kernel: GroupedRowsKernel = {
      ...{ kind: "groupedRows", label: "", rows, n, k, groups },
      a: place(0, dense(rows, k)),
      b: place(1, dense(groups, k, n)),
      offsets: place(2, dense(groups + 1)),
      c: place(3, dense(rows, n)),
    };
    const buffers = [a, weights, Int32Array.from(offsetsOf(lengths)), new Float32Array(rows * n)];
    return run(groupedRows(kernel, narrow), buffers, 2).buffers[3] as Float32Array;
  };
  const whole = compute([40]);
  for (const lengths of [[1, 39], [0, 13, 0, 0, 26, 1], Array.from({ length: 40 }, () => 1)]) {
    expect(sameBits(compute(lengths), whole)).toBe(true);
  }
});

test("one long group among short ones: blocks of K continue the sum", () => {
  const [m, n, lengths] = [9, 20, [3, 900, 0, 1]];
  const rows = 904;
  const a = randomArray(rows * m, 1);
  const b = randomArray(rows * n, 2);
  const kernel: GroupedContractionKernel = {
    ...{ kind: "groupedContraction", label: "", rows, m, n, groups: 4 },
    a: place(0, dense(rows, m)),
    b: place(1, dense(rows, n)),
    offsets: place(2, dense(5)),
    c: place(3, dense(4, m, n)),
  };
  const buffers = [a, b, Int32Array.from(offsetsOf(lengths)), new Float32Array(4 * m * n)];
  const options = { tile: tiles.narrow, relaxed: false, concurrent: false };
  const c = run(groupedContraction(kernel, options), buffers, 3).buffers[3];
  for (const [i, j] of [
    [0, 0],
    [8, 19],
    [5, 11],
  ]) {
    let sum = 0;
    for (let r = 3; r < 903; r++) sum = plainStep(sum, a[r * m + i], b[r * n + j]);
    expect(c[m * n + i * n + j]).toBe(sum);
    expect(c[2 * m * n + i * n + j]).toBe(0);
  }
});
