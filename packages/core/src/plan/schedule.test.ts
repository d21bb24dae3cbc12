import { expect, test } from "vitest";
import { resultOf } from "../../test/plan/passes.ts";
import { StepIndex } from "./access.ts";
import type { Expr } from "./expr.ts";
import type { BufferDraft } from "./lowering.ts";
import type { Step } from "./plan.ts";
import { schedule } from "./schedule.ts";
import { contiguous, sizeOf } from "./view.ts";

/** Buffers by name, and steps that read and write them whole. */
class Draft {
  readonly buffers: BufferDraft[] = [];
  readonly steps: Step[] = [];
  readonly #shapes: (readonly number[])[] = [];

  buffer(shape: readonly number[], given: Partial<BufferDraft> = {}): number {
    this.#shapes.push(shape);
    const draft = { dtype: "float32", size: sizeOf(shape), slot: null, target: null, output: false } as const;
    return this.buffers.push({ ...draft, ...given }) - 1;
  }

  map(label: string, from: number, to: number): void {
    this.steps.push({ kind: "map", label, shape: this.#shapes[to], stores: [this.#store(from, to)] });
  }

  /** The sum over the last axis. */
  sum(label: string, from: number, to: number): void {
    const [length] = this.#shapes[from].slice(-1);
    const accumulated = { kind: "accumulated", dtype: "float32" } as const;
    const place = { buffer: to, view: contiguous(this.#shapes[to]) };
    const input = this.#load(from);
    this.steps.push({
      kind: "reduce",
      label,
      op: "sum",
      shape: this.#shapes[to],
      length,
      block: 0,
      input,
      stores: [{ place, expr: accumulated }],
    });
  }

  order(walls: readonly number[] = this.steps.map(() => 0)): string[] {
    return resultOf(schedule(new StepIndex(this.steps), walls, this.buffers)).map((step) => step.label);
  }

  #store(from: number, to: number) {
    return { place: { buffer: to, view: contiguous(this.#shapes[to]) }, expr: this.#load(from) };
  }

  #load(buffer: number): Expr {
    const view = contiguous(this.#shapes[buffer]);
    return { kind: "load", dtype: "float32", buffer, view, gathers: [], guard: null };
  }
}

/** x → large → (other work) → small, where nothing else reads `large`. */
function lateSum(): Draft {
  const draft = new Draft();
  const x = draft.buffer([8, 8], { slot: 0 });
  const [large, other] = [draft.buffer([8, 8]), draft.buffer([8, 8], { output: true })];
  draft.map("make", x, large);
  draft.map("work", x, other);
  draft.sum("sum", large, draft.buffer([8], { output: true }));
  return draft;
}

test("what frees more than it takes runs as soon as it can", () => {
  expect(lateSum().order()).toEqual(["make", "sum", "work"]);
});

test("not before its wall", () => {
  expect(lateSum().order([0, 0, 1])).toEqual(["make", "work", "sum"]);
});

test("what frees nothing stays where it is", () => {
  const draft = lateSum();
  draft.sum("again", 1, draft.buffer([8], { output: true }));
  // Only the last reader frees it.
  expect(draft.order()).toEqual(["make", "again", "work", "sum"]);
});

test("a variable's new version waits for the readers of the old one", () => {
  const draft = new Draft();
  const weight = draft.buffer([8], { slot: 0 });
  const x = draft.buffer([8, 8], { slot: 1 });
  const large = draft.buffer([8, 8]);
  draft.map("make", x, large);
  draft.map("read", weight, draft.buffer([8], { output: true }));
  draft.map("work", x, draft.buffer([8, 8], { output: true }));
  draft.sum("update", large, draft.buffer([8], { target: weight }));
  expect(draft.order()).toEqual(["make", "read", "update", "work"]);
});
