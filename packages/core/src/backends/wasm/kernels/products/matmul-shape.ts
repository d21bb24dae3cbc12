import type { MatmulKernel, Place } from "../../../../plan/plan.ts";
import { addressOf, byteStride, ELEMENT, inWords, type Storage } from "../place.ts";
import { type BatchAxis, joinAxes } from "./batch.ts";
import { type Layouts, layoutsOf } from "./product.ts";
import type { ProductExtents } from "./product-arguments.ts";

/** A batch of products as the kernels see it. */
export interface MatmulShape extends ProductExtents {
  /** Outermost first. */
  readonly axes: readonly BatchAxis[];
  readonly layouts: Layouts;
}

/** Strides of the batch and of the two axes of a matrix. */
interface Matrix {
  readonly place: Place;
  readonly row: number;
  readonly column: number;
}

/**
 * Strides in bytes, seen so that columns of C lie side by side where they can (Cᵀ = BᵀAᵀ has the same bits), and batch
 * axes over which one operand stands still are taken for rows or columns.
 */
export function orient(kernel: MatmulKernel, storage: Storage = () => "float32"): MatmulShape {
  const [a, b, c] = [kernel.a, kernel.b, kernel.c].map((place) => matrixOf(inWords(place, storage)));
  const [left, right] = [storage(kernel.a), storage(kernel.b)];
  const sideBySide = kernel.n > 1 && c.column === ELEMENT;
  const swap = !sideBySide && kernel.m > 1 && c.row === ELEMENT;
  const shape = swap
    ? describe(kernel, transposed(b), transposed(a), transposed(c), kernel.n, kernel.m)
    : describe(kernel, a, b, c, kernel.m, kernel.n);
  // A symmetric matrix stays a square.
  const folded = kernel.symmetric ? shape : fold(shape);
  const stored = swap ? { a: right, b: left } : { a: left, b: right };
  return { ...folded, layouts: layoutsOf(folded, stored) };
}

type Unfolded = Omit<MatmulShape, "layouts">;

function matrixOf(place: Place): Matrix {
  return { place, row: byteStride(place, -2), column: byteStride(place, -1) };
}

function transposed({ place, row, column }: Matrix): Matrix {
  return { place, row: column, column: row };
}

function describe(kernel: MatmulKernel, a: Matrix, b: Matrix, c: Matrix, rows: number, columns: number): Unfolded {
  const strideOf = (matrix: Matrix, axis: number): number => matrix.place.view.strides[axis] * ELEMENT;
  const axes = kernel.batch.map((extent, axis) => {
    return { extent, a: strideOf(a, axis), b: strideOf(b, axis), c: strideOf(c, axis) };
  });
  return {
    a: addressOf(a.place),
    b: addressOf(b.place),
    c: addressOf(c.place),
    rows,
    columns,
    depth: kernel.k,
    aRow: a.row,
    aDepth: a.column,
    bDepth: b.row,
    bColumn: b.column,
    cRow: c.row,
    cColumn: c.column,
    axes: joinAxes(axes),
  };
}

/** Takes the innermost batch axis for more rows or columns while one operand does not move along it. */
function fold(shape: Unfolded): Unfolded {
  const axis = shape.axes.at(-1);
  if (!axis) return shape;
  const { rows, columns, aRow, bColumn, cRow, cColumn } = shape;
  const axes = shape.axes.slice(0, -1);
  const longer = (extent: number, step: number, stride: number): boolean => extent === 1 || step === extent * stride;
  if (axis.b === 0 && longer(rows, axis.a, aRow) && longer(rows, axis.c, cRow)) {
    const strides = rows === 1 ? { aRow: axis.a, cRow: axis.c } : {};
    return fold({ ...shape, ...strides, rows: rows * axis.extent, axes });
  }
  if (axis.a === 0 && longer(columns, axis.b, bColumn) && longer(columns, axis.c, cColumn)) {
    const strides = columns === 1 ? { bColumn: axis.b, cColumn: axis.c } : {};
    return fold({ ...shape, ...strides, columns: columns * axis.extent, axes });
  }
  return shape;
}
