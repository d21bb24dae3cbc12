/**
 * Steps that a value passes in the order in which they were added; one that returns nothing leaves it as it is. They know
 * no types, so that those of a module do not depend on its hooks.
 */
export class Hooks {
  readonly #steps = new Set<{ readonly step: (value: unknown, args: unknown) => unknown }>();

  /** Returns what removes it again. */
  add(step: (value: unknown, args: unknown) => unknown): () => void {
    const entry = { step };
    this.#steps.add(entry);
    return () => {
      this.#steps.delete(entry);
    };
  }

  pass(value: unknown, args: unknown): unknown {
    let passed = value;
    for (const { step } of this.#steps) passed = step(passed, args) ?? passed;
    return passed;
  }
}
