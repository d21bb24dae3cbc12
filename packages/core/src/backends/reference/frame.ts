import { type DType, dtypes, type TypedArray } from "../../dtype.ts";
import { PlanError } from "../../errors.ts";
import type { Bindings } from "../../plan/backend.ts";
import type { Plan } from "../../plan/plan.ts";
import { sizeOf } from "../../plan/view.ts";
import { own } from "./handle.ts";

/** A buffer of the plan: its elements, as they are stored. */
export interface Memory {
  readonly dtype: DType;
  readonly data: TypedArray;
}

/** What the kernels of one run see: memory, run-time numbers, and where they report an index out of range. */
export interface Frame {
  readonly buffers: readonly Memory[];
  readonly numbers: readonly number[];
  /** Lowest number of an entry of `Plan.checks` that failed; ∞ where none did. */
  failedCheck: number;
}

/** Reports that a check failed; −1: nobody asks. */
export function fail(frame: Frame, check: number): void {
  if (check >= 0) frame.failedCheck = Math.min(frame.failedCheck, check);
}

/** Binds the plan's buffers to the arena and to the given handles. */
export function bind(plan: Plan, arena: ArrayBuffer, { slots, numbers }: Bindings): Frame {
  if (slots.length !== plan.slots.length || numbers.length !== plan.numbers.length) {
    throw new PlanError(
      `plan ${plan.id} takes ${plan.slots.length} slots and ${plan.numbers.length} numbers, ` +
        `got ${slots.length} and ${numbers.length}`,
    );
  }
  const bound = plan.slots.map(({ kind, dtype, shape }, slot) => {
    const handle = own(slots[slot]);
    if (handle.dtype !== dtype || handle.data.length !== sizeOf(shape) || (kind === "variable" && !handle.resident)) {
      throw new PlanError(
        `plan ${plan.id}, slot ${slot}: expected a ${kind} ${dtype} [${shape}], ` +
          `got a ${handle.resident ? "variable" : "value"} ${handle.dtype} [${handle.shape}]`,
      );
    }
    return handle.data;
  });
  const buffers = plan.buffers.map(({ dtype, size, source }): Memory => {
    const data = source.kind === "slot" ? bound[source.slot] : dtypes[dtype].view(arena, source.offset, size);
    return { dtype, data };
  });
  return { buffers, numbers: Array.from(numbers), failedCheck: Infinity };
}
