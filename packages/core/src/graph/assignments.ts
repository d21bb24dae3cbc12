import type { Assignment, Effect } from "./effect.ts";
import type { Variable } from "./variable.ts";

/** The assignments among effects, by variable and version. */
export class Assignments {
  readonly #last = new Map<Variable, Assignment>();
  /** The earlier ones of variables that are assigned several times. */
  readonly #earlier = new Map<Variable, Map<number, Assignment>>();

  constructor(effects: readonly Effect[]) {
    for (const effect of effects) {
      if (effect.kind !== "assign") continue;
      const { variable } = effect;
      const before = this.#last.get(variable);
      if (before) {
        const earlier = this.#earlier.get(variable) ?? new Map<number, Assignment>();
        this.#earlier.set(variable, earlier.set(before.version, before));
      }
      this.#last.set(variable, effect);
    }
  }

  /** The assignment that makes this version, if it is among them. */
  get(variable: Variable, version: number): Assignment | undefined {
    const last = this.#last.get(variable);
    if (last === undefined || last.version === version) return last;
    return this.#earlier.get(variable)?.get(version);
  }
}
