import type { Effect } from "./effect.ts";
import type { Tensor } from "./tensor.ts";

/** A device, as the graph sees it: something that takes down what must happen, in program order. */
export interface Runtime {
  readonly name: string;
  record(effect: Effect): void;
  /** Called before the effects of a `backward()`: sends off what an earlier one left pending, if nothing is shared. */
  beforeBackward(outputs: readonly Tensor[]): void;
  /** Called after them. */
  afterBackward(): void;
}
