import { dtypes } from "../../../dtype.ts";
import type { Buffer, MapKernel } from "../../../plan/plan.ts";
import { sizeOf } from "../../../plan/view.ts";
import type { Loop, Lowered } from "./lower.ts";
import { assemble, chooseStretch, computeWork, loopsOf } from "./lower.ts";
import type { Operand, Split } from "./operands.ts";
import { OperandTable } from "./operands.ts";
import { chooseVectorAxis, moveLast, normalize, stridesAlong } from "./space.ts";

/** Stretches of a row that is shared between threads: long enough to pay, short enough to let the event loop live. */
const SHORTEST_STRETCH = 512;
const LONGEST_STRETCH = 1 << 16;

/** Elements of a stretch where an operand lies across it: its cache lines last until the next rows use their rest. */
const TILE = 16;
const CACHE_LINE = 64;

/** The loop along which an operand is contiguous that jumps along the vector axis (a transposed one), or −1. */
function crossingLoop(loops: readonly Loop[], innerStrides: readonly number[], operands: readonly Operand[]): number {
  return loops.findIndex(({ strides }) =>
    operands.some(
      ({ storage }, o) =>
        storage !== "index" &&
        Math.abs(strides[o]) === 1 &&
        Math.abs(innerStrides[o]) * dtypes[storage].bytes >= CACHE_LINE,
    ),
  );
}

/** A map as rows along its best vector axis; `null` where it has no element. */
export function lowerMap(kernel: MapKernel, buffers: readonly Buffer[]): Lowered | null {
  if (sizeOf(kernel.shape) === 0) return null;
  const split: Split = (view) => ({ strides: view.strides, reduced: 0 });
  const table = new OperandTable(buffers);
  table.addStores(kernel.stores, split);
  const strides = table.operands.map((operand) => operand.strides);
  const compute = computeWork(kernel.stores.map((store) => store.expr));
  let space = normalize({ extents: kernel.shape, strides }, 0);
  const last = space.extents.length - 1;
  if (last >= 0) space = moveLast(space, chooseVectorAxis(space, { compute, inside: 1 }).axis);
  const loops = loopsOf(space, Math.max(0, last));
  const inner = last < 0 ? 1 : space.extents[last];
  const innerStrides = last < 0 ? strides.map(() => 0) : stridesAlong(space, last);
  const across = crossingLoop(loops, innerStrides, table.operands);
  if (across >= 0) loops.push(...loops.splice(across, 1));
  const nest = {
    loops,
    inner,
    innerStrides,
    reducedStrides: strides.map(() => 0),
    stretch: across < 0 ? chooseStretch(loops, inner, SHORTEST_STRETCH, LONGEST_STRETCH) : TILE,
    insideStretch: across < 0 ? 0 : 1,
    length: 0,
    block: 0,
  };
  return assemble(table, nest, null, kernel.stores);
}
