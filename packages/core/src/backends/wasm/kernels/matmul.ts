import type { MatmulKernel } from "../../../plan/plan.ts";
import { batchSize } from "./batch.ts";
import { type KernelOptions, type Launch, nothing } from "./kernel.ts";
import { byPanels } from "./matmul-panels.ts";
import { byRows } from "./matmul-rows.ts";
import { orient } from "./matmul-shape.ts";
import { columnsOf } from "./tile.ts";

/** Products of fewer multiplications are not worth a phase of packing. */
const SMALL = 1 << 23;
/** Rows that make it worth packing B once for all threads. */
const MANY_ROWS = 64;
const MANY_MATRICES = 4;

/**
 * C = A·B (float32): by panels, in which every thread packs for itself the columns that it computes, where matrices are
 * many, small or flat; by rows, all threads sharing packed B, otherwise. Every element is Σₖ in rising k from 0, one
 * multiply-add a step, whatever the way, shape and layout.
 */
export function matmul(kernel: MatmulKernel, { tile, relaxed }: KernelOptions): Launch {
  const shape = orient(kernel);
  const matrices = batchSize(shape.axes);
  if (matrices * shape.rows * shape.columns === 0) return nothing;
  const code = { tile, relaxed, ...shape.layouts };
  const flat = shape.rows < MANY_ROWS;
  const small = matrices * shape.rows * shape.columns * shape.depth < SMALL && shape.columns >= 8 * columnsOf(tile);
  return matrices >= MANY_MATRICES || flat || small ? byPanels(shape, code) : byRows(shape, code);
}
