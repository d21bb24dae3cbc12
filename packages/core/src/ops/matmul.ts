import { ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { asTensor, broadcastShapes, build, computeType, indexTensor, promote, requireFloat } from "./build.ts";
import { cast } from "./conversion.ts";
import { expand, reshape, transpose } from "./views.ts";

interface Matmul {
  readonly symmetric: boolean;
}

/** Operands have equal batch axes. */
const matmulOp: Op<Matmul> = defineOp<Matmul>({
  name: "matmul",
  key: ({ symmetric }) => [symmetric ? 1 : 0],
  gradient: ([g], { inputs: [a, b], needs }) => [
    g && needs(0) ? product(g, transpose(b), false) : null,
    g && needs(1) ? product(transpose(a), g, false) : null,
  ],
  lower: (l, [a, b], { symmetric }) => [l.matmul(a, b, symmetric)],
});

function product(a: Tensor, b: Tensor, symmetric: boolean): Tensor {
  const shape = [...a.shape.slice(0, -1), b.shape[b.rank - 1]];
  return build(matmulOp, [a, b], { symmetric }, { shape, dtype: computeType(a) });
}

export interface MatmulOptions {
  /** The product is known to be symmetric (X·Xᵀ): a backend may compute one half and mirror it. */
  readonly symmetric?: boolean;
}

/**
 * Matrix product: [..., m, k] · [..., k, n] → [..., m, n]; batch axes broadcast. Transposed operands cost nothing:
 * `a.matmul(b.transpose())`.
 */
export function matmul(a: TensorLike, b: TensorLike, options: MatmulOptions = {}): Tensor {
  const [left, right] = [asTensor(a), asTensor(b)];
  const dtype = promote("matmul", left, right);
  const fits = left.rank >= 2 && right.rank >= 2 && left.shape[left.rank - 1] === right.shape[right.rank - 2];
  if (!fits) {
    throw new ShapeError(`matmul: [${left.shape}] × [${right.shape}]: needs [..., m, k] × [..., k, n] with equal k`);
  }
  requireFloat("matmul", left);
  requireFloat("matmul", right);
  const [x, y] = [cast(left, dtype), cast(right, dtype)];
  const [m, k] = x.shape.slice(-2);
  const n = y.shape[y.rank - 1];
  const symmetric = options.symmetric ?? false;
  if (symmetric && m !== n) throw new ShapeError(`matmul: a symmetric product is square, not [${m}, ${n}]`);
  if (y.rank === 2 && x.rank > 2) {
    // One matrix for all of the batch: its rows are rows of one product.
    const rows = reshape(x, [x.size === 0 ? 0 : x.size / Math.max(k, 1), k]);
    if (k > 0) return reshape(product(rows, y, false), [...x.shape.slice(0, -1), n]);
  }
  const batch = broadcastShapes("matmul", x.shape.slice(0, -2), y.shape.slice(0, -2));
  return product(expand(x, [...batch, m, k]), expand(y, [...batch, k, n]), symmetric);
}

/** Rows by group: see `groupedMatmul`. */
const groupedRowsOp: Op<null> = defineOp<null>({
  name: "groupedMatmul",
  key: () => [],
  gradient: ([g], { inputs: [x, w, offsets], needs }) => [
    g && needs(0) ? groupedRows(g, transpose(w), offsets) : null,
    g && needs(1) ? groupedContraction(x, g, offsets) : null,
    null,
  ],
  lower: (l, [x, w, offsets]) => [l.groupedRows(x, w, offsets)],
});

/** [rows, m], [rows, n] → [groups, m, n], contracted over the rows of each group. */
const groupedContractionOp: Op<null> = defineOp<null>({
  name: "groupedContraction",
  key: () => [],
  gradient: ([g], { inputs: [a, b, offsets], needs }) => [
    g && needs(0) ? groupedRows(b, transpose(g), offsets) : null,
    g && needs(1) ? groupedRows(a, g, offsets) : null,
    null,
  ],
  lower: (l, [a, b, offsets]) => [l.groupedContraction(a, b, offsets)],
});

function groupedRows(x: Tensor, w: Tensor, offsets: Tensor): Tensor {
  return build(groupedRowsOp, [x, w, offsets], null, { shape: [x.shape[0], w.shape[2]], dtype: computeType(x) });
}

function groupedContraction(a: Tensor, b: Tensor, offsets: Tensor): Tensor {
  const shape = [offsets.shape[0] - 1, a.shape[1], b.shape[1]];
  return build(groupedContractionOp, [a, b, offsets], null, { shape, dtype: computeType(a) });
}

/**
 * Every row times the matrix of its group (its expert): y[r] = x[r] · w[g(r)] for x [rows, k], w [groups, k, n], where
 * group g has rows offsets[g] … offsets[g + 1] − 1. `offsets` is int32 [groups + 1], as `groupBy` gives it.
 */
export function groupedMatmul(x: TensorLike, w: TensorLike, offsets: TensorLike): Tensor {
  const [rows, weights, bounds] = [asTensor(x), asTensor(w), indexTensor("groupedMatmul", offsets)];
  const fits = rows.rank === 2 && weights.rank === 3 && bounds.rank === 1;
  if (!fits || rows.shape[1] !== weights.shape[1] || bounds.shape[0] !== weights.shape[0] + 1) {
    throw new ShapeError(
      `groupedMatmul: [${rows.shape}] × [${weights.shape}] with offsets [${bounds.shape}]: ` +
        "needs [rows, k] × [groups, k, n] with offsets [groups + 1]",
    );
  }
  requireFloat("groupedMatmul", rows);
  promote("groupedMatmul", rows, weights);
  return groupedRows(rows, weights, bounds);
}
