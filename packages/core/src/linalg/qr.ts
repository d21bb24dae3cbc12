import type { Tensor } from "../graph/tensor.ts";
import type { Variable } from "../graph/variable.ts";
import { addScaled, type Columns, decompose, dot, rowsOf, scaleOf } from "./matrices.ts";

export interface QR {
  /** [..., m, k] with k = min(m, n); its columns are orthonormal. */
  readonly q: Tensor;
  /** [..., k, n]; 0 below the diagonal. */
  readonly r: Tensor;
}

/**
 * x = Q·R of matrices [..., m, n], reduced, by Householder reflections; the signs are those of LAPACK (and so of NumPy and
 * PyTorch). In float64 on the host, returned in the dtype of x.
 *
 * @throws ArgumentError where an entry is not finite
 */
export function qr(x: Tensor | Variable): Promise<QR> {
  const shapes = (m: number, n: number) => ({ q: [m, Math.min(m, n)], r: [Math.min(m, n), n] });
  return decompose("qr", x, shapes, householder);
}

/** I − factor·v·vᵀ on the coordinates from v's first that is not 0. */
interface Reflection {
  readonly v: Float64Array;
  readonly factor: number;
}

function* householder(given: Columns, m: number): Generator<void, { q: Float64Array; r: Float64Array }> {
  const scale = scaleOf(given);
  const columns = given.map((column) => column.map((value) => value / scale));
  const k = Math.min(m, columns.length);
  const reflections: Reflection[] = [];
  for (let j = 0; j < k; j++) {
    const reflection = reflectionOf(columns[j], j);
    reflections.push(reflection);
    for (const column of columns.slice(j)) reflect(column, reflection, j);
    yield;
  }
  const q = Array.from({ length: k }, (_, j) => Float64Array.from({ length: m }, (_, i) => Number(i === j)));
  for (let j = k - 1; j >= 0; j--) {
    for (const column of q) reflect(column, reflections[j], j);
    yield;
  }
  const upper = columns.map((column, j) => column.subarray(0, k).map((value, i) => (i <= j ? value * scale : 0)));
  return { q: rowsOf(q, m), r: rowsOf(upper, k) };
}

/** The reflection that makes entries behind place j vanish; the identity where they are 0 already. */
function reflectionOf(column: Float64Array, j: number): Reflection {
  const v = column.map((value, i) => (i < j ? 0 : value));
  if (dot(column, column, j + 1) === 0) return { v, factor: 0 };
  v[j] += Math.sign(v[j] || 1) * Math.sqrt(dot(column, column, j));
  return { v, factor: 2 / dot(v, v, j) };
}

function reflect(column: Float64Array, { v, factor }: Reflection, from: number): void {
  addScaled(column, -factor * dot(v, column, from), v, from);
}
