import { type ComputeDType, dtypes, isFloat } from "../dtype.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Variable } from "../graph/variable.ts";
import { widen } from "../io/data.ts";
import { asTensor, defaultFloat } from "../ops/build.ts";
import { Pace } from "../plan/pace.ts";
import { sizeOf } from "../plan/view.ts";
import { tensor } from "../tensor/create.ts";
import { readAll } from "../tensor/realize.ts";

/** The columns of a matrix. */
export type Columns = readonly Float64Array[];

/** What a decomposition makes of a matrix [m, n] of finite entries; it comes in pieces, a column each. */
export type Decomposition<Name extends string> = (
  columns: Columns,
  m: number,
) => Generator<void, Readonly<Record<Name, Float64Array>>>;

/**
 * Decomposes every matrix of a stack [..., m, n]; each result is a stack of the given inner shape, in the dtype of the
 * matrices.
 */
export async function decompose<Name extends string>(
  op: string,
  x: Tensor | Variable,
  shapes: (m: number, n: number) => Readonly<Record<Name, readonly number[]>>,
  decomposition: Decomposition<Name>,
): Promise<Record<Name, Tensor>> {
  if (asTensor(x, op).rank < 2) throw new ShapeError(`${op}: matrices [..., m, n] are needed, not [${x.shape}]`);
  const dtype = isFloat(dtypes[x.dtype].compute) ? dtypes[x.dtype].compute : defaultFloat();
  const { data } = widen((await readAll({ x })).x);
  const wrong = data.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new ArgumentError(`${op}: element ${wrong} of [${x.shape}] is ${data[wrong]}`);

  const [m, n] = x.shape.slice(-2);
  const batch = x.shape.slice(0, -2);
  const inner = Object.entries(shapes(m, n)) as [Name, readonly number[]][];
  const stacks = inner.map(([, shape]) => new Float64Array(sizeOf(batch) * sizeOf(shape)));
  const pace = new Pace();
  for (let at = 0; at < sizeOf(batch); at++) {
    const entries = data.subarray(at * m * n, (at + 1) * m * n);
    const columns = Array.from({ length: n }, (_, j) => Float64Array.from({ length: m }, (_, i) => entries[i * n + j]));
    const results = await pace.through(decomposition(columns, m));
    for (const [i, [name, shape]] of inner.entries()) stacks[i].set(results[name], at * sizeOf(shape));
  }
  const tensors = inner.map(([name, shape], i) => [name, stackOf(stacks[i], [...batch, ...shape], dtype)]);
  return Object.fromEntries(tensors) as Record<Name, Tensor>;
}

function stackOf(values: Float64Array, shape: readonly number[], dtype: ComputeDType): Tensor {
  return tensor(dtype === "float64" ? values : Float32Array.from(values), { shape });
}

/** The matrix with these columns, row by row. */
export function rowsOf(columns: Columns, m: number): Float64Array {
  const n = columns.length;
  return Float64Array.from({ length: m * n }, (_, i) => columns[i % n][Math.floor(i / n)]);
}

/** The largest |entry|; 1 where all are 0: what a matrix is divided by, so that squares do not overflow. */
export function scaleOf(columns: Columns): number {
  const largest = columns.reduce((most, column) => column.reduce((a, b) => Math.max(a, Math.abs(b)), most), 0);
  return largest || 1;
}

/** Σ aᵢ·bᵢ over i ≥ `from`. */
export function dot(a: Float64Array, b: Float64Array, from = 0): number {
  let sum = 0;
  for (let i = from; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** a += factor · b over i ≥ `from`. */
export function addScaled(a: Float64Array, factor: number, b: Float64Array, from = 0): void {
  for (let i = from; i < a.length; i++) a[i] += factor * b[i];
}
