import type { Evaluator, KernelContext } from "./evaluate.ts";
import type { Rows } from "./rows.ts";
import type { Site } from "./site.ts";
import { storeResults } from "./stores.ts";
import { forEachVector, unrolling } from "./vectors.ts";

/** The row of a map: its vectors, one after the other. */
export function emitMapRow(context: KernelContext, evaluator: Evaluator, rows: Rows, row: Site): void {
  const unroll = unrolling(context.structure);
  forEachVector(context, rows, row, rows.stretchLength(), unroll, (sites) => storeResults(context, evaluator, sites));
}
