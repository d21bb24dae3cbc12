import { concat, DTypeError, ShapeError, type Tensor, type Variable } from "@tsuki/core";

/** Rows and columns of the matrices of a tensor `[..., rows, cols]`. */
export function matrixShape(op: string, x: Tensor | Variable): { readonly rows: number; readonly cols: number } {
  const [rows, cols] = x.shape.slice(-2);
  if (x.rank < 2) throw new ShapeError(`${op}: needs matrices [..., rows, cols], not shape [${x.shape}]`);
  return { rows, cols };
}

/** The float type in which a tensor is computed with. */
export function computeFloat(op: string, { dtype }: Tensor | Variable): "float32" | "float64" {
  if (dtype === "float32" || dtype === "float64") return dtype;
  throw new DTypeError(`${op}: needs float32 or float64, not ${dtype}`);
}

/**
 * A parameter's shape as `[count, rows, cols]`, the matrices that are orthogonalised one by one: a matrix `[rows, cols]`
 * is one, experts `[experts, rows, cols]` are one each, and a kernel `[out, in, height, width, ...]` is one of
 * `[out, in · height · width · ...]`.
 */
export function matricesOf(shape: readonly number[]): readonly [count: number, rows: number, cols: number] {
  const [first, ...rest] = shape;
  if (shape.length === 3) return [first, rest[0], rest[1]];
  return [1, first, rest.reduce((product, extent) => product * extent, 1)];
}

/**
 * A function of matrices `f([count, rows, cols])` that commutes with transposition, applied to many tensors at once: those
 * of one shape (also transposed) are stacked, so that f is called once for each shape.
 *
 * @param tensors `[count, rows, cols]` each.
 * @param f Takes and gives `[count, rows, cols]` with rows ≤ cols.
 */
export function mapStacked(tensors: readonly Tensor[], f: (stack: Tensor) => Tensor): Tensor[] {
  const stacks = new Map<string, number[]>();
  const wide = tensors.map((tensor) => (isTall(tensor) ? tensor.transpose() : tensor));
  for (const [i, { shape }] of wide.entries()) {
    const key = shape.slice(1).join("×");
    stacks.set(key, [...(stacks.get(key) ?? []), i]);
  }
  const results = [...tensors];
  for (const members of stacks.values()) {
    const sizes = members.map((i) => wide[i].shape[0]);
    const pieces = f(concat(members.map((i) => wide[i]))).split(sizes);
    for (const [at, i] of members.entries()) results[i] = isTall(tensors[i]) ? pieces[at].transpose() : pieces[at];
  }
  return results;
}

function isTall({ shape }: Tensor): boolean {
  return shape[1] > shape[2];
}
