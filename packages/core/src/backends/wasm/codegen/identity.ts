import type { ComputeDType } from "../../../dtype.ts";
import type { ReduceKernel } from "../../../plan/plan.ts";

/** The result of a reduction over nothing. */
export function identity(op: ReduceKernel["op"], dtype: ComputeDType): number {
  if (op === "sum") return 0;
  if (op === "prod") return 1;
  if (dtype === "int32") return op === "max" ? -0x80000000 : 0x7fffffff;
  if (dtype === "bool") return op === "max" ? 0 : 1;
  return op === "max" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
