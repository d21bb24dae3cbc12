import { ArgumentError, checkOptions, type Variable } from "@tsuki/core";
import type { GroupOptions, ParameterGroup } from "./groups.ts";
import { Optimizer, type OptimizerOptions, type OptimizerPart } from "./optimizer.ts";

/**
 * Several optimizers that step as one: all of their updates are one plan. With `skipNonFinite`, which it takes from them
 * where it is not given, all skip a step together.
 */
export class CombinedOptimizer extends Optimizer {
  readonly #parts: readonly OptimizerPart[];

  /** @throws ArgumentError where a parameter is in two of them, or they live on different devices. */
  constructor(optimizers: readonly OptimizerPart[], options: OptimizerOptions = {}) {
    checkOptions("CombinedOptimizer", options, "skipNonFinite");
    super({ skipNonFinite: options.skipNonFinite ?? optimizers.some((optimizer) => optimizer.skipNonFinite) });
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

  /** The groups of all, in their order. */
  override get groups(): readonly ParameterGroup<GroupOptions>[] {
    return this.#parts.flatMap((part) => part.groups);
  }

  protected override parts(): readonly OptimizerPart[] {
    return this.#parts;
  }
}
