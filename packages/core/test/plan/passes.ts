import type { BufferDraft } from "../../src/plan/lowering.ts";
import type { Plan, Step } from "../../src/plan/plan.ts";
import type { Case } from "../conformance/index.ts";

/** The buffers of a plan as the compiler's passes see them. */
export function draftsOf({ buffers, outputs }: Plan): BufferDraft[] {
  return buffers.map(({ dtype, size, source }, buffer) => ({
    dtype,
    size,
    slot: source.kind === "slot" ? source.slot : null,
    target: null,
    output: outputs.some((output) => output.buffer === buffer),
  }));
}

/** What a pass gives at its end. */
export function resultOf<T>(pass: Generator<void, T>): T {
  for (;;) {
    const { done, value } = pass.next();
    if (done) return value;
  }
}

/** The case with other steps. */
export function withSteps(given: Case, steps: readonly Step[]): Case {
  return { ...given, plan: { ...given.plan, steps } };
}
