import { type Tensor, tensor } from "@tsuki/core";
import fc from "fast-check";
import type { Place } from "./devices.ts";
import { compose, frobenius, type Matrix, matrix, orthonormal } from "./matrix.ts";

/**
 * A matrix U·diag(s)·Vᵀ with random orthonormal U `[rows, r]`, V `[cols, r]`, r = min(rows, cols). Shape and spectrum are
 * what is generated (and shrunk): raw entries would shrink to zeros and equal rows.
 */
export interface Spectral {
  readonly u: Matrix;
  readonly s: readonly number[];
  readonly v: Matrix;
  readonly g: Matrix;
  /** s / (‖G‖_F + 1e-7): what Newton–Schulz starts from. */
  readonly x: readonly number[];
}

export function spectral(rows: number, cols: number, s: readonly number[], seed: number): Spectral {
  const [u, v] = [orthonormal(rows, s.length, seed), orthonormal(cols, s.length, seed + 1)];
  const g = compose(u, s, v);
  const norm = frobenius(g) + 1e-7;
  return { u, s, v, g, x: s.map((value) => value / norm) };
}

/** Random shapes up to `most` × `most` with singular values of `value`. */
export function spectra(value: fc.Arbitrary<number>, most = 12): fc.Arbitrary<Spectral> {
  const extent = fc.integer({ min: 1, max: most });
  return fc.tuple(extent, extent, fc.nat(1e6)).chain(([rows, cols, seed]) => {
    const length = Math.min(rows, cols);
    return fc.array(value, { minLength: length, maxLength: length }).map((s) => spectral(rows, cols, s, seed));
  });
}

/** Numbers whose logarithm is uniform in [log low, log high]. */
export function logUniform(low: number, high: number): fc.Arbitrary<number> {
  return fc.double({ min: Math.log(low), max: Math.log(high), noNaN: true }).map(Math.exp);
}

/** One step of the quintic on a singular value. */
export function quintic(x: number, [a, b, c]: readonly number[] = [3.4445, -4.775, 2.0315]): number {
  return a * x + b * x ** 3 + c * x ** 5;
}

/** Five steps. */
export function f5(x: number): number {
  return [1, 2, 3, 4, 5].reduce((value) => quintic(value), x);
}

/** Steps of given coefficients. */
export function polynomials(x: number, triples: readonly (readonly number[])[]): number {
  return triples.reduce((value, triple) => quintic(value, triple), x);
}

/** Matrices of one shape as a tensor: `[rows, cols]`, or `[count, rows, cols]` of several. */
export function upload({ dtype }: Place, ...matrices: readonly Matrix[]): Tensor {
  const [{ rows, cols }] = matrices;
  const flat = Float64Array.from(matrices.flatMap(({ data }) => [...data]));
  return tensor(flat, { dtype, shape: matrices.length === 1 ? [rows, cols] : [matrices.length, rows, cols] });
}

/** The contents of a tensor `[rows, cols]`. */
export async function download(x: Tensor): Promise<Matrix> {
  const data = await x.data();
  return matrix(x.shape[0], x.shape[1], (row, col) => data[row * x.shape[1] + col]);
}

/** The largest difference of two lists of numbers. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} numbers against ${b.length}`);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  // A NaN is no small difference.
  for (let i = 0; i < a.length; i++) if (Number.isNaN(a[i] - b[i])) return Number.NaN;
  return largest;
}
