import type { TypedArray } from "../../../dtype.ts";
import { pieceSize } from "../pieces.ts";

/** A matrix within an array: element (row, column) lies at `start + row·rowStep + column·columnStep`. */
export interface Matrix {
  readonly data: TypedArray;
  readonly start: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

/** The row-major matrix that starts at element `start`. */
export function matrixAt(data: TypedArray, start: number, columns: number): Matrix {
  return { data, start, rowStep: columns, columnStep: 1 };
}

export function transposed({ data, start, rowStep, columnStep }: Matrix): Matrix {
  return { data, start, rowStep: columnStep, columnStep: rowStep };
}

/**
 * C = A·B, A of `m`×`k`, B of `k`×`n`. Each element is the sum over rising k in float64, from 0, rounded once when it
 * is stored: nothing is skipped, so that NaN and infinity spread.
 */
export function* multiply(a: Matrix, b: Matrix, c: Matrix, m: number, n: number, k: number): Generator<void, void> {
  const sums = new Float64Array(n);
  const step = Math.max(1, Math.floor(pieceSize / Math.max(1, n)));
  for (let row = 0; row < m; row++) {
    sums.fill(0);
    for (let from = 0; from < k; from += step) {
      addProducts(sums, a, b, row, from, Math.min(k, from + step));
      yield;
    }
    let at = c.start + row * c.rowStep;
    for (const sum of sums) {
      c.data[at] = sum;
      at += c.columnStep;
    }
    yield;
  }
}

/** sums[column] += A[row, p]·B[p, column] for p from `from` to `to` − 1. */
function addProducts(sums: Float64Array, a: Matrix, b: Matrix, row: number, from: number, to: number): void {
  for (let p = from; p < to; p++) {
    const factor = a.data[a.start + row * a.rowStep + p * a.columnStep];
    let at = b.start + p * b.rowStep;
    for (let column = 0; column < sums.length; column++) {
      sums[column] += factor * b.data[at];
      at += b.columnStep;
    }
  }
}
