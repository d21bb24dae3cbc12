import type { TypedArray } from "../../../dtype.ts";
import { PlanError } from "../../../errors.ts";

/** @throws PlanError where the offsets of groups do not rise from 0 to the number of rows */
export function checkOffsets(offsets: TypedArray, rows: number, label: string): void {
  const rising = offsets.every((offset, group) => group === 0 || offset >= offsets[group - 1]);
  if (!rising || offsets[0] !== 0 || offsets[offsets.length - 1] !== rows) {
    throw new PlanError(`${label}: group offsets must rise from 0 to the ${rows} rows, got [${offsets.join(", ")}]`);
  }
}
