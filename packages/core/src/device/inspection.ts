import type { TypedArray } from "../dtype.ts";
import type { Capture } from "../graph/capture.ts";
import type { Part } from "../graph/partition.ts";
import type { Tensor } from "../graph/tensor.ts";

/** A look at what a plan computes. */
export interface Inspection {
  /** Computed with the plan. */
  readonly probe: Tensor;
  /** Given its contents, throws where something is wrong. */
  check(contents: TypedArray): void;
}

type Inspector = (part: Part, captured: Capture) => Inspection | null;

let inspector: Inspector | null = null;

/** From now on plans are looked at before they are fixed; `detectAnomaly` does so. */
export function setInspector(next: Inspector): void {
  inspector = next;
}

/** The inspection of a part, where one is wanted. */
export function inspect(part: Part, captured: Capture): Inspection | null {
  return inspector?.(part, captured) ?? null;
}
