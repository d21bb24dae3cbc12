import type { MatmulKernel } from "../../../../plan/plan.ts";
import { type KernelOptions, type Launch, nothing } from "../kernel.ts";
import type { Storage } from "../place.ts";
import { columnsOf } from "../tile.ts";
import { batchSize } from "./batch.ts";
import { byMatrices } from "./matmul-matrices.ts";
import { byPanels } from "./matmul-panels.ts";
import { byRows } from "./matmul-rows.ts";
import { orient } from "./matmul-shape.ts";
import { fewRows, matvec } from "./matvec.ts";
import { productCode } from "./product.ts";

/** Products of fewer multiplications are not worth a phase of packing. */
const SMALL = 1 << 23;
/** Matrices of more are shared by all threads, also in batches. */
const LARGE = 1 << 27;
/** Rows that make it worth packing B once for all threads. */
const MANY_ROWS = 64;
const MANY_MATRICES = 4;

/**
 * C = A·B (float32): B as it lies in memory, where rows are few; by matrices, of which every thread takes its own, where they are many; by panels, in which every
 * thread packs for itself the columns that it computes, where the matrix is small or flat; by rows, all threads sharing
 * packed B, otherwise. Every element is Σₖ in rising k from 0, one multiply-add a step, whatever the way, shape and
 * layout; of a symmetric C those below the diagonal are copies of those above it.
 */
export function matmul(kernel: MatmulKernel, options: KernelOptions, storage?: Storage): Launch {
  const shape = orient(kernel, storage);
  const matrices = batchSize(shape.axes);
  if (matrices * shape.rows * shape.columns === 0) return nothing;
  if (fewRows(shape)) return matvec(shape, options);
  const code = productCode(options, shape.layouts, shape, kernel.symmetric);
  const work = shape.rows * shape.columns * shape.depth;
  if (matrices >= MANY_MATRICES && work <= LARGE) return byMatrices(shape, code);
  const flat = shape.rows < MANY_ROWS;
  const small = matrices * work < SMALL && shape.columns >= 8 * columnsOf(code.tile);
  return !kernel.symmetric && (matrices >= MANY_MATRICES || flat || small)
    ? byPanels(shape, code)
    : byRows(shape, code);
}
