import { IndexError, ShapeError } from "../errors.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { asTensor, normalAxis, shown } from "./build.ts";
import { along, select } from "./slicing.ts";

/** Pieces along an axis: of the given extents, or of one extent each, where the last may be smaller. */
export function split(x: TensorLike, sizes: number | readonly number[], axis = 0): Tensor[] {
  const tensor = asTensor(x, "split");
  const at = normalAxis("split", axis, tensor.rank);
  const extent = tensor.shape[at];
  const pieces = Array.isArray(sizes) ? sizes : equalPieces(extent, sizes as number);
  const total = pieces.reduce((sum, size) => sum + size, 0);
  if (total !== extent || pieces.some((size) => !Number.isInteger(size) || size < 0)) {
    throw new ShapeError(`split: sizes [${sizes}] do not add up to axis ${axis} of shape [${tensor.shape}]`);
  }
  let start = 0;
  return pieces.map((size) => {
    const piece = along(tensor, at, start, 1, size);
    start += size;
    return piece;
  });
}

function equalPieces(extent: number, size: number): number[] {
  if (!Number.isInteger(size) || size < 1) {
    throw new IndexError(`split: a size is a whole number ≥ 1, not ${shown(size)}`);
  }
  return Array.from({ length: Math.max(1, Math.ceil(extent / size)) }, (_, i) => Math.min(size, extent - i * size));
}

/** At most n pieces of equal extent along an axis; the last may be smaller (PyTorch's rule: ⌈extent / n⌉ each). */
export function chunk(x: TensorLike, n: number, axis = 0): Tensor[] {
  const tensor = asTensor(x, "chunk");
  const extent = tensor.shape[normalAxis("chunk", axis, tensor.rank)];
  if (!Number.isInteger(n) || n < 1)
    throw new IndexError(`chunk: the number of pieces is a whole number ≥ 1, not ${n}`);
  return split(tensor, extent === 0 ? new Array<number>(n).fill(0) : Math.ceil(extent / n), axis);
}

/** The entries at every place of an axis, which disappears. */
export function unbind(x: TensorLike, axis = 0): Tensor[] {
  const tensor = asTensor(x, "unbind");
  const at = normalAxis("unbind", axis, tensor.rank);
  return Array.from({ length: tensor.shape[at] }, (_, i) => select(tensor, at, i));
}
