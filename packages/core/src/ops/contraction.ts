import { IndexError, ShapeError } from "../errors.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { sameShape, sizeOf } from "../plan/view.ts";
import { mul } from "./arithmetic.ts";
import { asTensor, checkCount, normalAxis } from "./build.ts";
import { matmul } from "./matmul.ts";
import { sum } from "./reduction.ts";
import { moveAxes, reshape, unsqueeze } from "./views.ts";

/**
 * The product of two tensors summed over axes: the last n of a with the first n of b (default 2), or `[axesOfA, axesOfB]` in
 * pairs. The result has the other axes of a, then those of b.
 */
export function tensordot(
  a: TensorLike,
  b: TensorLike,
  axes: number | readonly [readonly number[], readonly number[]] = 2,
): Tensor {
  const [x, y] = [asTensor(a, "tensordot"), asTensor(b, "tensordot")];
  const pair = Array.isArray(axes) && axes.length === 2 && axes.every(Array.isArray) ? axes : null;
  if (!pair) checkCount("tensordot", "axes, if no pair of lists,", axes as number);
  if (!pair && (axes as number) > Math.min(x.rank, y.rank)) {
    throw new IndexError(`tensordot: ${axes} axes are more than [${x.shape}] and [${y.shape}] both have`);
  }
  const first = Array.from({ length: pair ? pair[0].length : (axes as number) }, (_, i) => i);
  const last = first.map((i) => i - first.length);
  const [left, right]: readonly (readonly number[])[] = pair ?? [last, first];
  const [from, to] = [
    left.map((axis) => normalAxis("tensordot", axis, x.rank)),
    right.map((axis) => normalAxis("tensordot", axis, y.rank)),
  ];
  const inner = from.map((axis) => x.shape[axis]);
  if (
    !sameShape(
      inner,
      to.map((axis) => y.shape[axis]),
    )
  ) {
    throw new ShapeError(`tensordot: axes [${left}] of [${x.shape}] and [${right}] of [${y.shape}] differ in extent`);
  }
  const [rows, columns] = [moveAxes("tensordot", x, from, last), moveAxes("tensordot", y, to, first)];
  const [m, n] = [rows.shape.slice(0, x.rank - inner.length), columns.shape.slice(inner.length)];
  const k = sizeOf(inner);
  return reshape(matmul(reshape(rows, [sizeOf(m), k]), reshape(columns, [k, sizeOf(n)])), [...m, ...n]);
}

/** Every entry of one vector times every entry of another: [m], [n] → [m, n]. */
export function outer(a: TensorLike, b: TensorLike): Tensor {
  return mul(unsqueeze(vectors("outer", a, b)[0], 1), b);
}

/** Σ aᵢ·bᵢ of two vectors. */
export function dot(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = vectors("dot", a, b);
  if (x.size !== y.size) throw new ShapeError(`dot: vectors [${x.shape}] and [${y.shape}] differ in length`);
  return sum(mul(x, y));
}

function vectors(op: string, a: TensorLike, b: TensorLike): Tensor[] {
  const [x, y] = [asTensor(a, op), asTensor(b, op)];
  if (x.rank !== 1 || y.rank !== 1)
    throw new ShapeError(`${op}: vectors are needed, not [${x.shape}] and [${y.shape}]`);
  return [x, y];
}
