import { ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { asTensor, broadcastShapes, build, checkOptions, computeType, promote, requireFloat } from "./build.ts";
import { cast } from "./conversion.ts";
import { expand, isTransposed, reshape, squeeze, transpose, unsqueeze } from "./views.ts";

interface Matmul {
  readonly symmetric: boolean;
}

/** Operands have equal batch axes. */
const matmulOp: Op<Matmul> = defineOp<Matmul>({
  name: "matmul",
  key: ({ symmetric }) => [symmetric ? 1 : 0],
  gradient: ([g], { inputs: [a, b], needs }) => [
    g && needs(0) ? productAs(a, g, transpose(b)) : null,
    g && needs(1) ? productAs(b, transpose(a), g) : null,
  ],
  lower: (l, [a, b], { symmetric }) => [l.matmul(a, b, symmetric)],
});

/** a·b, stored as `like` is: the gradient of a transposed weight in the weight's own order. */
function productAs(like: Tensor, a: Tensor, b: Tensor): Tensor {
  return isTransposed(like) ? transpose(product(transpose(b), transpose(a), false)) : product(a, b, false);
}

function product(a: Tensor, b: Tensor, symmetric: boolean): Tensor {
  const shape = [...a.shape.slice(0, -1), b.shape[b.rank - 1]];
  return build(matmulOp, [a, b], { symmetric }, { shape, dtype: computeType(a) });
}

export interface MatmulOptions {
  /** The product is known to be symmetric (X·Xᵀ): a backend may compute one half and mirror it. */
  readonly symmetric?: boolean;
}

/**
 * Matrix product: [..., m, k] · [..., k, n] → [..., m, n]; batch axes broadcast. A vector [k] is a row on the left, a column
 * on the right, whose axis the result lacks. Transposed operands cost nothing: `a.matmul(b.transpose())`.
 */
export function matmul(a: TensorLike, b: TensorLike, options: MatmulOptions = {}): Tensor {
  checkOptions("matmul", options, "symmetric");
  const [left, right] = [asTensor(a, "matmul"), asTensor(b, "matmul")];
  const dtype = promote("matmul", left, right);
  const depth = right.shape[Math.max(right.rank - 2, 0)];
  if (left.rank === 0 || right.rank === 0 || left.shape[left.rank - 1] !== depth) {
    throw new ShapeError(`matmul: [${left.shape}] × [${right.shape}]: needs [..., m, k] × [..., k, n] with equal k`);
  }
  if (right.rank === 1) return squeeze(matmul(left, unsqueeze(right, 1), options), -1);
  if (left.rank === 1) return squeeze(matmul(unsqueeze(left, 0), right, options), -2);
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
  const batch = broadcastShapes("matmul, batch axes", x.shape.slice(0, -2), y.shape.slice(0, -2));
  return product(expand(x, [...batch, m, k]), expand(y, [...batch, k, n]), symmetric);
}
