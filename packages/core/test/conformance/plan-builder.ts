import { type ComputeDType, type DType, dtypes, type TypedArray } from "../../src/dtype.ts";
import type { Load, RunTimeNumber } from "../../src/plan/expr.ts";
import type { Buffer, IndexCheck, OutputInfo, Plan, Slot, Step } from "../../src/plan/plan.ts";
import { contiguous, sizeOf, type View } from "../../src/plan/view.ts";
import type { Case, Tolerance } from "./case.ts";

let plans = 0;

/** Alignment of buffers in the arena, in bytes. */
const alignment = 64;

/** Writes a plan by hand; its methods return the numbers of buffers and checks. */
export class PlanBuilder {
  readonly #buffers: Buffer[] = [];
  readonly #slots: Slot[] = [];
  readonly #contents: TypedArray[] = [];
  readonly #numbers: { dtype: ComputeDType; value: number }[] = [];
  readonly #steps: Step[] = [];
  readonly #outputs: OutputInfo[] = [];
  readonly #checks: IndexCheck[] = [];
  #arenaBytes = 0;

  /** A buffer that is given to the run and only read. */
  value(dtype: DType, data: TypedArray): number {
    return this.#slot("value", dtype, data);
  }

  /** A buffer of resident storage with these contents, which the run may change. */
  variable(dtype: DType, data: TypedArray): number {
    return this.#slot("variable", dtype, data);
  }

  /** A buffer of the arena. */
  temporary(dtype: DType, size: number): number {
    const offset = this.#arenaBytes;
    const bytes = size * dtypes[dtype].bytes;
    this.#arenaBytes += Math.ceil(bytes / alignment) * alignment;
    return this.#buffers.push({ dtype, size, source: { kind: "arena", offset }, memory: 0 }) - 1;
  }

  /** A buffer of the arena that the run returns. */
  output(dtype: DType, shape: readonly number[]): number {
    const buffer = this.temporary(dtype, sizeOf(shape));
    this.#outputs.push({ buffer, shape });
    return buffer;
  }

  /** A run-time number. */
  number(dtype: ComputeDType, value: number): RunTimeNumber {
    return { kind: "number", dtype, slot: this.#numbers.push({ dtype, value }) - 1 };
  }

  /** A check that indices below `extent` pass. */
  check(extent: number): number {
    return this.#checks.push({ op: "gather", path: `test.check${this.#checks.length}`, extent }) - 1;
  }

  /** An element of a buffer, widened to the dtype in which kernels compute. */
  load(buffer: number, view: View): Load {
    const dtype = dtypes[this.#buffers[buffer].dtype].compute;
    return { kind: "load", dtype, buffer, view, gathers: [], guard: null };
  }

  step(step: Step): this {
    this.#steps.push(step);
    return this;
  }

  build(name: string, tolerance: Tolerance): Case {
    const plan: Plan = {
      id: plans++,
      buffers: this.#buffers,
      slots: this.#slots,
      numbers: this.#numbers.map((n) => n.dtype),
      steps: this.#steps,
      outputs: this.#outputs,
      arenaBytes: this.#arenaBytes,
      checks: this.#checks,
    };
    return { name, plan, slots: this.#contents, numbers: this.#numbers.map((n) => n.value), tolerance };
  }

  #slot(kind: Slot["kind"], dtype: DType, data: TypedArray): number {
    const slot = this.#slots.push({ kind, dtype, shape: [data.length] }) - 1;
    this.#contents.push(data);
    return this.#buffers.push({ dtype, size: data.length, source: { kind: "slot", slot }, memory: 0 }) - 1;
  }
}

/** A plan that copies slot 0, a value, to slot 1, a variable. */
export function copyPlan(dtype: DType, shape: readonly number[]): Plan {
  const view = contiguous(shape);
  const expr: Load = { kind: "load", dtype: dtypes[dtype].compute, buffer: 0, view, gathers: [], guard: null };
  const buffer = (slot: number): Buffer => ({ dtype, size: sizeOf(shape), source: { kind: "slot", slot }, memory: 0 });
  return {
    id: plans++,
    buffers: [buffer(0), buffer(1)],
    slots: [
      { kind: "value", dtype, shape },
      { kind: "variable", dtype, shape },
    ],
    numbers: [],
    steps: [{ kind: "map", label: "copy", shape, stores: [{ place: { buffer: 1, view }, expr }] }],
    outputs: [],
    arenaBytes: 0,
    checks: [],
  };
}
