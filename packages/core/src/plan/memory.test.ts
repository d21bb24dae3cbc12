import { expect, test } from "vitest";
import { PlanBuilder, runCase } from "../../test/conformance/index.ts";
import { draftsOf, resultOf } from "../../test/plan/passes.ts";
import { ReferenceBackend } from "../backends/reference/index.ts";
import { apply } from "./expr.ts";
import { type Layout, layOut } from "./memory.ts";
import type { Plan } from "./plan.ts";
import { contiguous, permuteView, type View } from "./view.ts";

const shape = [16, 16];
const whole = contiguous(shape);
const bytes = 16 * 16 * 4;
const limits = new ReferenceBackend().limits;

/** x → doubled → doubled once more, read through a view, → the result. */
function chain(view: View): { plan: PlanBuilder; middle: number; last: number } {
  const plan = new PlanBuilder();
  const buffers = [
    plan.value(
      "float32",
      Float32Array.from({ length: 256 }, (_, i) => i),
    ),
    plan.temporary("float32", 256),
    plan.temporary("float32", 256),
    plan.output("float32", shape),
  ];
  buffers.slice(1).forEach((buffer, at) => {
    const x = plan.load(buffers[at], at === 1 ? view : whole);
    const store = { place: { buffer, view: whole }, expr: apply("add", "float32", x, x) };
    plan.step({ kind: "map", label: `map ${at}`, shape, stores: [store] });
  });
  return { plan, middle: buffers[1], last: buffers[2] };
}

function layoutOf(plan: Plan): Layout {
  return resultOf(layOut(plan.steps, draftsOf(plan), plan.slots.length, limits));
}

test("a map writes over what it reads for the last time, element by element", async () => {
  const { plan, middle, last } = chain(whole);
  const given = plan.build("chain", "bits");
  const { steps, buffers, arenaBytes } = layoutOf(given.plan);
  expect(buffers[last].source).toEqual(buffers[middle].source);
  expect(arenaBytes).toBeLessThan(2 * bytes);
  const reference = new ReferenceBackend();
  const laidOut = { ...given, plan: { ...given.plan, steps, buffers, arenaBytes } };
  expect(await runCase(reference, laidOut)).toEqual(await runCase(reference, given));
});

test("not where it reads other elements", () => {
  const { plan, middle, last } = chain(permuteView(whole, [1, 0]));
  const { buffers, arenaBytes } = layoutOf(plan.build("chain", "bits").plan);
  expect(buffers[last].source).not.toEqual(buffers[middle].source);
  expect(arenaBytes).toBeGreaterThan(2 * bytes);
});

test("not where another step reads it later, or a backend cannot", () => {
  const { plan, middle, last } = chain(whole);
  const late = plan.output("float32", shape);
  const store = { place: { buffer: late, view: whole }, expr: plan.load(middle, whole) };
  plan.step({ kind: "map", label: "late", shape, stores: [store] });
  const { buffers } = layoutOf(plan.build("chain", "bits").plan);
  expect(buffers[last].source).not.toEqual(buffers[middle].source);
  const other = chain(whole).plan.build("chain", "bits").plan;
  const apart = resultOf(layOut(other.steps, draftsOf(other), other.slots.length, { ...limits, inPlace: false }));
  expect(apart.buffers[last].source).not.toEqual(apart.buffers[middle].source);
});

test("what a reduction stores may be a variable's new version, in place unless it reduces the old one", () => {
  const stepsOf = (reducesOld: boolean): number => {
    const plan = new PlanBuilder();
    const row = contiguous([16]);
    const x = plan.value("float32", new Float32Array(256));
    const old = plan.variable("float32", new Float32Array(16));
    const place = { buffer: plan.temporary("float32", 16), view: row };
    const accumulated = { kind: "accumulated", dtype: "float32" } as const;
    const stores = [{ place, expr: apply("add", "float32", plan.load(old, row), accumulated) }];
    const repeated = { shape, strides: [0, 1], offset: 0 };
    const input = reducesOld ? plan.load(old, repeated) : plan.load(x, whole);
    plan.step({ kind: "reduce", label: "sum", op: "sum", shape: [16], length: 16, block: 0, input, stores });
    const given = plan.build("update", "bits").plan;
    const drafts = draftsOf(given).map((draft, at) => (at === place.buffer ? { ...draft, target: old } : draft));
    return resultOf(layOut(given.steps, drafts, given.slots.length, limits)).steps.length;
  };
  expect([stepsOf(false), stepsOf(true)]).toEqual([1, 2]);
});
