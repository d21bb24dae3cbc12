import type { TypedArray } from "../../src/dtype.ts";
import { type Backend, type Handle, IndexOutOfRange } from "../../src/plan/backend.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { copyPlan } from "./plan-builder.ts";

/**
 * How far a result may be from the reference: |actual − expected| ≤ relative·|expected| + absolute. `"bits"` asks for
 * equal values and equal signs of zero. Everywhere NaN equals NaN, whatever its bits.
 */
export type Tolerance = "bits" | { readonly relative: number; readonly absolute: number };

/** A plan with the data to run it on. */
export interface Case {
  readonly name: string;
  readonly plan: Plan;
  /** Contents by `Plan.slots`. */
  readonly slots: readonly TypedArray[];
  /** Values of `Plan.numbers`. */
  readonly numbers: readonly number[];
  readonly tolerance: Tolerance;
}

/** What a run gave: its results, or the check that failed. */
export type Outcome = { readonly results: TypedArray[] } | { readonly failedCheck: number };

/**
 * Runs the case and returns the plan's outputs, followed by the final contents of its variables in the order of their
 * slots. Frees what it allocated.
 *
 * @throws IndexOutOfRange where a check failed
 */
export async function runCase(backend: Backend, { plan, slots, numbers }: Case): Promise<TypedArray[]> {
  const handles: Handle[] = [];
  for (const [slot, { kind, dtype, shape }] of plan.slots.entries()) {
    const value = backend.value(slots[slot], dtype, shape);
    handles.push(kind === "value" ? value : await resident(backend, value));
  }
  const program = await backend.compile(plan);
  try {
    const values = await backend.run(program, { slots: handles, numbers, hosts: [] });
    const variables = handles.filter((_, slot) => plan.slots[slot].kind === "variable");
    const results: TypedArray[] = [];
    for (const handle of [...values, ...variables]) results.push(await backend.read(handle));
    for (const value of values) backend.free(value);
    return results;
  } finally {
    backend.drop(program);
    for (const handle of handles) backend.free(handle);
  }
}

/** Moves a value into resident storage, as a plan of initial values does. */
async function resident(backend: Backend, value: Handle): Promise<Handle> {
  const variable = backend.allocate(value.dtype, value.shape);
  const program = await backend.compile(copyPlan(value.dtype, value.shape));
  await backend.run(program, { slots: [value, variable], numbers: [], hosts: [] });
  backend.drop(program);
  backend.free(value);
  return variable;
}

/** As `runCase`, with a failed check as an outcome. */
export async function outcomeOf(backend: Backend, case_: Case): Promise<Outcome> {
  try {
    return { results: await runCase(backend, case_) };
  } catch (error) {
    if (error instanceof IndexOutOfRange) return { failedCheck: error.check };
    throw error;
  }
}

/** Runs the case on both backends; throws where they differ by more than its tolerance. */
export async function agree(case_: Case, reference: Backend, backend: Backend): Promise<void> {
  sameResults(case_, await outcomeOf(reference, case_), await outcomeOf(backend, case_));
}

/** Throws where the outcomes differ by more than the case's tolerance. */
export function sameResults({ name, tolerance }: Case, expected: Outcome, actual: Outcome): void {
  if ("failedCheck" in expected || "failedCheck" in actual) {
    const [wanted, got] = [expected, actual].map((o) => ("failedCheck" in o ? `check ${o.failedCheck}` : "no check"));
    if (wanted !== got) throw new Error(`${name}: expected ${wanted} to fail, got ${got}`);
    return;
  }
  if (expected.results.length !== actual.results.length) throw new Error(`${name}: another number of results`);
  for (const [r, wanted] of expected.results.entries()) {
    const got = actual.results[r];
    if (got.constructor !== wanted.constructor || got.length !== wanted.length) {
      throw new Error(
        `${name}, result ${r}: expected ${wanted.constructor.name} of ${wanted.length}, got ${got.constructor.name} of ${got.length}`,
      );
    }
    for (let i = 0; i < wanted.length; i++) {
      if (!close(wanted[i], got[i], tolerance)) {
        throw new Error(`${name}, result ${r}, element ${i}: expected ${show(wanted[i])}, got ${show(got[i])}`);
      }
    }
  }
}

function close(expected: number, actual: number, tolerance: Tolerance): boolean {
  if (Object.is(expected, actual)) return true;
  if (tolerance === "bits" || !Number.isFinite(expected)) return false;
  return Math.abs(actual - expected) <= tolerance.relative * Math.abs(expected) + tolerance.absolute;
}

function show(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
