import { ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { asTensor, build, computeType, indexTensor, promote, requireFloat } from "./build.ts";
import { transpose } from "./views.ts";

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
  const [rows, weights, bounds] = [
    asTensor(x, "groupedMatmul"),
    asTensor(w, "groupedMatmul"),
    indexTensor("groupedMatmul", offsets),
  ];
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
