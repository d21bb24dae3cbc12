import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import "../backends/reference/index.ts";
import { ArgumentError, Device, ShapeError, setDefaultDevice, type Tensor, tensor } from "../index.ts";
import { qr, svd } from "./index.ts";

const device = new Device("reference");
setDefaultDevice(device);
afterAll(() => device.close());

type Rows = number[][];

/** A matrix of any shape and rank: a product of two thin ones, some of its columns 0, times a power of 10. */
const matrices = fc
  .record({
    m: fc.nat(9),
    n: fc.nat(9),
    rank: fc.nat(9),
    exponent: fc.integer({ min: -200, max: 200 }),
    seed: fc.nat(999),
  })
  .map(({ m, n, rank, exponent, seed }) => {
    let state = seed;
    const next = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 31 - 1;
    };
    const random = (rows: number, columns: number): Rows =>
      Array.from({ length: rows }, () => Array.from({ length: columns }, next));
    const thin = product(random(m, rank), random(rank, n), n);
    return { m, n, rows: thin.map((row) => row.map((x) => x * 10 ** exponent)) };
  });

function product(a: Rows, b: Rows, columns: number): Rows {
  return a.map((row) => Array.from({ length: columns }, (_, j) => row.reduce((sum, x, p) => sum + x * b[p][j], 0)));
}

function transposed(a: Rows, columns: number): Rows {
  return Array.from({ length: columns }, (_, j) => a.map((row) => row[j]));
}

async function rowsOf(x: Tensor): Promise<Rows> {
  return (await x.array()) as Rows;
}

/** Every |a − b| is at most 1e-13 of the largest entry of `b`, or of `size`. */
function near(a: Rows, b: Rows, size = 0): void {
  const largest = Math.max(size, ...b.flat().map(Math.abs));
  const worst = Math.max(0, ...a.flatMap((row, i) => row.map((x, j) => Math.abs(x - b[i][j]))));
  expect(worst).toBeLessThanOrEqual(1e-13 * largest);
}

function orthonormal(columns: Rows, k: number): void {
  const gram = product(transposed(columns, k), columns, k);
  near(
    gram,
    gram.map((row, i) => row.map((_, j) => Number(i === j))),
    1,
  );
}

const float64 = (rows: Rows, shape: number[]): Tensor => tensor(Float64Array.from(rows.flat()), { shape });

it("svd: U·S·Vᵀ = A, orthonormal columns, falling singular values; any shape, rank and size", () =>
  fc.assert(
    fc.asyncProperty(matrices, async ({ m, n, rows }) => {
      const k = Math.min(m, n);
      const { u, s, v } = await svd(float64(rows, [m, n]));
      expect([u.shape, s.shape, v.shape]).toEqual([[m, k], [k], [n, k]]);
      const [left, right, values] = [await rowsOf(u), await rowsOf(v), [...(await s.data())]];
      near(
        product(
          left.map((row) => row.map((x, j) => x * values[j])),
          transposed(right, k),
          n,
        ),
        rows,
      );
      orthonormal(left, k);
      orthonormal(right, k);
      expect(values.every((value, i) => value >= 0 && (i === 0 || value <= values[i - 1]))).toBe(true);
    }),
  ));

it("qr: Q·R = A, orthonormal columns, 0 below the diagonal", () =>
  fc.assert(
    fc.asyncProperty(matrices, async ({ m, n, rows }) => {
      const k = Math.min(m, n);
      const { q, r } = await qr(float64(rows, [m, n]));
      expect([q.shape, r.shape]).toEqual([
        [m, k],
        [k, n],
      ]);
      const [left, right] = [await rowsOf(q), await rowsOf(r)];
      near(product(left, right, n), rows);
      orthonormal(left, k);
      expect(right.every((row, i) => row.every((x, j) => j >= i || x === 0))).toBe(true);
    }),
  ));

it("what NumPy gives", async () => {
  const a = tensor([
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 10],
    [2, -1, 0],
  ]);
  const { q, r } = await qr(a);
  expect(q.dtype).toBe("float32");
  expect((await rowsOf(q))[3].map((x) => x.toFixed(6))).toEqual(["-0.239046", "0.935785", "0.223136"]);
  expect((await rowsOf(r))[1].map((x) => x.toFixed(5))).toEqual(["0.00000", "-3.38906", "-3.15300"]);
  const { s } = await svd(a);
  expect([...(await s.data())].map((x) => x.toFixed(4))).toEqual(["17.4166", "2.3112", "0.5654"]);
});

it("a stack is decomposed matrix by matrix; integers come as floats", async () => {
  const stack = tensor(Int32Array.of(0, 2, 3, 0, 1, 1, 1, 1), { shape: [2, 2, 2] });
  const { u, s, v } = await svd(stack);
  expect([u.shape, s.shape, v.shape, s.dtype]).toEqual([[2, 2, 2], [2, 2], [2, 2, 2], "float32"]);
  expect(await s.array()).toEqual([
    [3, 2],
    [2, 0],
  ]);
});

it("a vector and an entry that is not finite are errors", async () => {
  await expect(svd(tensor([1, 2]))).rejects.toThrow(new ShapeError("svd: matrices [..., m, n] are needed, not [2]"));
  await expect(qr(tensor([[1, Number.NaN]]))).rejects.toThrow(new ArgumentError("qr: element 1 of [1,2] is NaN"));
});
