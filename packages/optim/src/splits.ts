import { ArgumentError, concat, ShapeError, type Tensor } from "@tsuki/core";
import { matricesOf } from "./matrices.ts";

/** Blocks of rows that count as matrices of their own: their sizes, or how many equal ones. */
export type Splits = number | readonly number[];

/** @throws ArgumentError or ShapeError that names a parameter whose rows the blocks do not fill */
export function checkSplits(name: string, shape: readonly number[], splits: Splits): void {
  const sizes = typeof splits === "number" ? [splits] : splits;
  if (!(Array.isArray(sizes) && sizes.length > 0 && sizes.every((size) => Number.isSafeInteger(size) && size > 0))) {
    throw new ArgumentError(`muon: splits is a whole number ≥ 1 or a list of such numbers, not ${String(splits)}`);
  }
  const [, rows] = matricesOf(shape);
  const fills = typeof splits === "number" ? rows % splits === 0 : rows === sizes.reduce((sum, size) => sum + size);
  if (fills) return;
  const blocks = typeof splits === "number" ? `${splits} equal blocks` : `blocks of [${splits}] rows`;
  throw new ShapeError(`muon: "${name}" of shape [${shape}] has ${rows} rows, which are no ${blocks} (splits)`);
}

/** A tensor of a parameter's shape as stacks of matrices `[count, rows, cols]`, one for each kind of block. */
export function piecesOf(x: Tensor, splits: Splits): Tensor[] {
  const [count, rows, cols] = matricesOf(x.shape);
  if (typeof splits === "number") return [x.reshape([count * splits, rows / splits, cols])];
  return x.reshape([count, rows, cols]).split(splits, 1);
}

/** The pieces as a tensor of the parameter's shape. */
export function joinPieces(pieces: readonly Tensor[], shape: readonly number[]): Tensor {
  return (pieces.length === 1 ? pieces[0] : concat(pieces, 1)).reshape(shape);
}
