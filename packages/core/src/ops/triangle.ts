import { IndexError, ShapeError } from "../errors.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { add } from "./arithmetic.ts";
import { asTensor, constantLike, numberLike, shown } from "./build.ts";
import { ge, le, where } from "./comparison.ts";
import { arange } from "./creation.ts";
import { reshape } from "./views.ts";

/** The lower triangles of matrices [..., m, n]: entries (i, j) with j ≤ i + diagonal, 0 elsewhere. */
export function tril(x: TensorLike, diagonal = 0): Tensor {
  return triangle("tril", le, x, diagonal);
}

/** The upper triangles of matrices [..., m, n]: entries (i, j) with j ≥ i + diagonal, 0 elsewhere. */
export function triu(x: TensorLike, diagonal = 0): Tensor {
  return triangle("triu", ge, x, diagonal);
}

function triangle(name: string, keeps: typeof le, x: TensorLike, diagonal: number): Tensor {
  const tensor = asTensor(x, name);
  if (tensor.rank < 2) throw new ShapeError(`${name}: matrices [..., m, n] are needed, not [${tensor.shape}]`);
  if (!Number.isInteger(diagonal)) {
    throw new IndexError(`${name}: diagonal is a whole number, not ${shown(diagonal)}`);
  }
  const [m, n] = tensor.shape.slice(-2);
  const rows = reshape(arange(m), [m, 1]);
  const kept = keeps(arange(n), add(rows, numberLike(name, diagonal, rows)));
  return where(kept, tensor, constantLike(0, tensor));
}
