import { ShapeError, stack, type Tensor, type Variable } from "@tsuki/core";
import { contents, mismatch } from "./saved.ts";
import { counter, type OptimizerStateDict, type SavedOptimizerState, type Stateful, stateVariable } from "./state.ts";

/** The count's name in a checkpoint; names of a parameter's state have a dot. */
const key = "skipped_steps";

/** Decides in the plan whether a step is carried out, and counts on the device those that are not. */
export class StepGuard implements Stateful {
  readonly #device: Variable["device"];
  #skipped: Variable | null = null;

  constructor(device: Variable["device"]) {
    this.#device = device;
  }

  /** Steps that were skipped; `null`: none could be. */
  get skipped(): Variable | null {
    return this.#skipped;
  }

  /** Whether all gradients are finite, a bool scalar; or the norm, which is finite only if they are. */
  decide(gradients: readonly Variable[], norm: Tensor | null): Tensor {
    if (norm && norm.rank > 0) throw new ShapeError(`update: gradNorm is a scalar, not of shape [${norm.shape}]`);
    const finite = norm ? norm.isFinite() : stack(gradients.map((gradient) => gradient.isFinite().all())).all();
    this.#skipped ??= stateVariable(key, counter, this.#device);
    this.#skipped.assign(countSkipped(this.#skipped, finite));
    return finite;
  }

  entries(): OptimizerStateDict {
    return { tensors: this.#skipped ? { [key]: this.#skipped } : {}, steps: {} };
  }

  problems({ tensors }: SavedOptimizerState, claimed: Set<string>): string[] {
    if (!Object.hasOwn(tensors, key)) return [];
    claimed.add(key);
    return mismatch(key, tensors, counter);
  }

  load({ tensors }: SavedOptimizerState): void {
    const saved = Object.hasOwn(tensors, key) ? contents(tensors[key]) : null;
    this.#skipped = saved && stateVariable(key, counter, this.#device, saved);
  }
}

/** A count of skipped steps after one more step. */
export function countSkipped(skipped: Variable, applied: Tensor): Tensor {
  return skipped.add(applied.logicalNot().cast("int32"));
}
