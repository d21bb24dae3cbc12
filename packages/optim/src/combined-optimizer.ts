import { ArgumentError, type Variable } from "@tsuki/core";
import { Optimizer, type OptimizerPart } from "./optimizer.ts";

/** Several optimizers that step as one: all of their updates are one plan. */
export class CombinedOptimizer extends Optimizer {
  readonly #parts: readonly OptimizerPart[];

  /** @throws ArgumentError where a parameter is in two of them, or they live on different devices. */
  constructor(optimizers: readonly OptimizerPart[]) {
    super();
    this.#parts = optimizers;
    if (optimizers.length === 0) throw new ArgumentError("CombinedOptimizer: no optimizers were given");
    const names = new Map<Variable, string>();
    const taken = new Set<string>();
    for (const { device, ownParameters } of optimizers) {
      if (device !== optimizers[0].device) {
        throw new ArgumentError(
          `CombinedOptimizer: one is on "${device.name}", another on "${optimizers[0].device.name}"`,
        );
      }
      for (const [name, parameter] of ownParameters) {
        if (names.has(parameter) || taken.has(name)) {
          throw new ArgumentError(`CombinedOptimizer: "${names.get(parameter) ?? name}" is in two optimizers`);
        }
        names.set(parameter, name);
        taken.add(name);
      }
    }
  }

  protected override parts(): readonly OptimizerPart[] {
    return this.#parts;
  }
}
