import type { Tensor } from "../graph/tensor.ts";
import type { Variable } from "../graph/variable.ts";
import { addScaled, type Columns, decompose, dot, rowsOf, scaleOf } from "./matrices.ts";

export interface SVD {
  /** [..., m, k] with k = min(m, n); its columns are orthonormal. */
  readonly u: Tensor;
  /** [..., k], falling. */
  readonly s: Tensor;
  /** [..., n, k], not transposed; its columns are orthonormal. */
  readonly v: Tensor;
}

/**
 * x = U·diag(s)·Vᵀ of matrices [..., m, n], reduced, by one-sided Jacobi rotations (Hestenes 1958; de Rijk 1989). In float64
 * on the host, returned in the dtype of x.
 *
 * @throws ArgumentError where an entry is not finite
 */
export function svd(x: Tensor | Variable): Promise<SVD> {
  const shapes = (m: number, n: number) => ({ u: [m, Math.min(m, n)], s: [Math.min(m, n)], v: [n, Math.min(m, n)] });
  return decompose("svd", x, shapes, jacobi);
}

interface Arrays {
  readonly u: Float64Array;
  readonly s: Float64Array;
  readonly v: Float64Array;
}

const epsilon = 2 ** -52;

/** More sweeps than any matrix was ever seen to need. */
const mostSweeps = 60;

/** A wide matrix is decomposed transposed: A = U·S·Vᵀ where Aᵀ = V·S·Uᵀ. */
function* jacobi(columns: Columns, m: number): Generator<void, Arrays> {
  const n = columns.length;
  if (n <= m) return yield* tall(columns, m);
  const rows = Array.from({ length: m }, (_, i) => Float64Array.from(columns, (column) => column[i]));
  const { u, s, v } = yield* tall(rows, n);
  return { u: v, s, v: u };
}

/** Rotates pairs of columns until all are orthogonal: then W = A·V, whose columns have the lengths s and directions U. */
function* tall(given: Columns, m: number): Generator<void, Arrays> {
  const n = given.length;
  const scale = scaleOf(given);
  const w = given.map((column) => column.map((value) => value / scale));
  const v = Array.from({ length: n }, (_, j) => Float64Array.from({ length: n }, (_, i) => Number(i === j)));
  // What is shorter than the rounding of the whole is a column of 0.
  const negligible = epsilon * Math.sqrt(w.reduce((sum, column) => sum + dot(column, column), 0));
  let rotated = true;
  for (let sweep = 0; rotated && sweep < mostSweeps; sweep++) {
    rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) rotated = orthogonalize(w, v, p, q, negligible) || rotated;
      yield;
    }
  }
  const lengths = w.map((column) => Math.sqrt(dot(column, column)));
  const order = [...lengths.keys()].sort((a, b) => lengths[b] - lengths[a]);
  const u: Float64Array[] = [];
  for (const j of order) {
    u.push(lengths[j] > negligible ? w[j].map((value) => value / lengths[j]) : perpendicular(u, m));
    yield;
  }
  return {
    u: rowsOf(u, m),
    s: Float64Array.from(order, (j) => lengths[j] * scale),
    v: rowsOf(
      order.map((j) => v[j]),
      n,
    ),
  };
}

/** Rotates columns p and q of W (and of V) so that they are orthogonal; false where they are. */
function orthogonalize(w: Float64Array[], v: Float64Array[], p: number, q: number, negligible: number): boolean {
  const [a, b, c] = [dot(w[p], w[p]), dot(w[q], w[q]), dot(w[p], w[q])];
  if (Math.min(a, b) <= negligible ** 2 || Math.abs(c) <= epsilon * Math.sqrt(a * b)) return false;
  const zeta = (b - a) / (2 * c);
  const tangent = Math.sign(zeta || 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
  const cosine = 1 / Math.hypot(1, tangent);
  for (const columns of [w, v]) rotate(columns[p], columns[q], cosine, cosine * tangent);
  return true;
}

function rotate(x: Float64Array, y: Float64Array, cosine: number, sine: number): void {
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [x[i], y[i]];
    x[i] = cosine * a - sine * b;
    y[i] = sine * a + cosine * b;
  }
}

/** A unit vector orthogonal to fewer than m orthonormal ones: what is left of the axis that they cover least. */
function perpendicular(basis: Columns, m: number): Float64Array {
  const covered = Float64Array.from({ length: m }, (_, i) => basis.reduce((sum, column) => sum + column[i] ** 2, 0));
  const least = covered.indexOf(Math.min(...covered));
  const vector = new Float64Array(m);
  vector[least] = 1;
  // Twice is enough (Kahan).
  for (let round = 0; round < 2; round++) {
    for (const column of basis) addScaled(vector, -dot(vector, column), column);
  }
  const length = Math.sqrt(dot(vector, vector));
  return vector.map((value) => value / length);
}
