import { describe, expect, test } from "vitest";
import { PlanBuilder } from "../../../test/conformance/index.ts";
import { PlanError } from "../../errors.ts";
import { apply, constant, type Expr } from "../../plan/expr.ts";
import type { Plan } from "../../plan/plan.ts";
import { contiguous, type View } from "../../plan/view.ts";
import { checkPlan } from "./check-plan.ts";

const six = contiguous([6]);

/** The fault of a map of six elements that stores `expr(plan)` to a new output. */
function faultOfMap(expr: (plan: PlanBuilder) => Expr, view: View = six): () => void {
  const plan = new PlanBuilder();
  const place = { buffer: plan.output("float32", [6]), view };
  plan.step({ kind: "map", label: "a map", shape: [6], stores: [{ place, expr: expr(plan) }] });
  return faultOf(plan.build("faulty", "bits").plan);
}

function faultOf(plan: Plan): () => void {
  return () => {
    for (const _ of checkPlan(plan));
  };
}

const data = (plan: PlanBuilder, size: number): number => plan.value("float32", new Float32Array(size));

test("a plan without fault passes", () => {
  expect(faultOfMap((plan) => plan.load(data(plan, 6), six))).not.toThrow();
});

describe("addresses and shapes", () => {
  test.each([
    ["beyond the end", 5, six, /elements 0 to 5 of buffer 1, which has 5 elements/],
    ["before the start", 6, { shape: [6], strides: [-1], offset: 4 }, /elements -1 to 4/],
    ["of another shape", 6, contiguous([2, 3]), /shape \[2,3\] and strides \[3,1\] over \[6\]/],
  ])("a load %s", (_, size, view, message) => {
    expect(faultOfMap((plan) => plan.load(data(plan, size), view))).toThrow(message);
  });

  test("a gather may reach its whole extent", () => {
    const gather = (extent: number) => (plan: PlanBuilder) => ({
      ...plan.load(data(plan, 6), { shape: [6], strides: [0], offset: 0 }),
      gathers: [{ index: constant(0, "int32"), stride: 2, extent, check: -1 }],
    });
    expect(faultOfMap(gather(3))).not.toThrow();
    expect(faultOfMap(gather(4))).toThrow("a map: elements 0 to 6 of buffer 1");
  });

  test("a guarded load may lie anywhere", () => {
    const load = (plan: PlanBuilder) => ({ ...plan.load(data(plan, 1), six), guard: constant(0, "bool") });
    expect(faultOfMap(load)).not.toThrow();
  });

  test("a store beyond its buffer", () => {
    expect(faultOfMap(() => constant(0, "float32"), { shape: [6], strides: [2], offset: 0 })).toThrow(
      "elements 0 to 10",
    );
  });
});

describe("types", () => {
  test.each<[string, (plan: PlanBuilder) => Expr, RegExp]>([
    ["a store", () => constant(1, "int32"), /stores int32 to buffer 0 of float32/],
    [
      "an operation",
      () => apply("add", "float32", constant(1, "float32"), constant(1, "int32")),
      /add\(float32, int32\)/,
    ],
    ["too few inputs", () => apply("mul", "float32", constant(1, "float32")), /mul\(float32\) cannot give float32/],
    [
      "a load",
      (plan) => ({ ...plan.load(data(plan, 6), six), dtype: "int32" }),
      /load of int32 from buffer 1 of float32/,
    ],
    ["a number", (plan) => ({ ...plan.number("float32", 1), dtype: "float64" }), /number 0 is not a float64/],
    ["a guard", (plan) => ({ ...plan.load(data(plan, 6), six), guard: constant(1, "int32") }), /a guard of int32/],
    ["accumulated in a map", () => ({ kind: "accumulated", dtype: "float32" }), /where nothing is reduced/],
  ])("%s", (_, expr, message) => {
    expect(faultOfMap(expr)).toThrow(message);
  });

  test("operands of a product", () => {
    const plan = new PlanBuilder();
    const square = contiguous([2, 2]);
    const place = (buffer: number, view = square) => ({ buffer, view });
    const a = place(data(plan, 4));
    const b = place(plan.value("int32", new Int32Array(4)));
    const c = place(plan.output("float32", [2, 2]));
    plan.step({ kind: "matmul", label: "a product", batch: [], m: 2, n: 2, k: 2, a, b, c, symmetric: false });
    expect(faultOf(plan.build("faulty", "bits").plan)).toThrow(
      "a product, b: int32 where a float (float32) is expected",
    );
  });
});

describe("memory", () => {
  /** A map from one place to another. */
  function copy(plan: PlanBuilder, from: number, to: number, view = six, target = six): PlanBuilder {
    const stores = [{ place: { buffer: to, view: target }, expr: plan.load(from, view) }];
    return plan.step({ kind: "map", label: "copy", shape: [6], stores });
  }

  test("reading what nothing has written", () => {
    const plan = new PlanBuilder();
    copy(plan, plan.temporary("float32", 6), plan.output("float32", [6]));
    expect(faultOf(plan.build("faulty", "bits").plan)).toThrow("copy: reads buffer 0, which nothing has written");
  });

  test("returning what nothing has written", () => {
    const plan = new PlanBuilder();
    plan.output("float32", [6]);
    expect(faultOf(plan.build("faulty", "bits").plan)).toThrow("output: reads buffer 0");
  });

  test("reading what another buffer has overwritten", () => {
    const plan = new PlanBuilder();
    const [x, a, b] = [data(plan, 6), plan.temporary("float32", 6), plan.temporary("float32", 6)];
    copy(plan, x, a);
    copy(plan, x, b);
    copy(plan, a, plan.output("float32", [6]));
    const sound = plan.build("sound", "bits").plan;
    expect(faultOf(sound)).not.toThrow();
    const arena = { kind: "arena", offset: 0 } as const;
    const buffers = sound.buffers.map((buffer, i) => (i === a || i === b ? { ...buffer, source: arena } : buffer));
    expect(faultOf({ ...sound, buffers })).toThrow(`copy: reads buffer ${a}, which nothing has written or something`);
  });

  test("writing a value", () => {
    const plan = new PlanBuilder();
    copy(plan, data(plan, 6), data(plan, 6));
    expect(faultOf(plan.build("faulty", "bits").plan)).toThrow("copy: writes buffer 1, a value");
  });

  test("in place at other elements", () => {
    const plan = new PlanBuilder();
    const variable = plan.variable("float32", new Float32Array(6));
    copy(plan, variable, variable);
    expect(faultOf(plan.build("sound", "bits").plan)).not.toThrow();
    copy(plan, variable, variable, { shape: [6], strides: [-1], offset: 5 });
    expect(faultOf(plan.build("faulty", "bits").plan)).toThrow(
      "copy: stores to buffer 0 while it loads other elements",
    );
  });

  test("a reduction into what it reads", () => {
    const plan = new PlanBuilder();
    const variable = plan.variable("float32", new Float32Array(6));
    plan.step({
      kind: "reduce",
      label: "a sum",
      op: "sum",
      shape: [],
      length: 6,
      block: 0,
      input: plan.load(variable, six),
      stores: [{ place: { buffer: variable, view: contiguous([]) }, expr: { kind: "accumulated", dtype: "float32" } }],
    });
    expect(faultOf(plan.build("faulty", "bits").plan)).toThrow("a sum: buffers 0 and 0 share memory");
  });

  test("a buffer beyond the arena, unaligned, or unlike its slot", () => {
    const plan = new PlanBuilder();
    data(plan, 6);
    plan.temporary("float32", 6);
    const sound = plan.build("sound", "bits").plan;
    const [slot, arena] = sound.buffers;
    const withBuffer = (buffer: (typeof sound.buffers)[number]) => faultOf({ ...sound, buffers: [buffer] });
    expect(withBuffer({ ...arena, size: 17 })).toThrow("buffer 0: ends at byte 68 of an arena of 64");
    expect(withBuffer({ ...arena, source: { kind: "arena", offset: 4 } })).toThrow("byte 4 of the arena");
    expect(withBuffer({ ...slot, size: 5 })).toThrow("5 elements of float32 in slot 0, float32 [6]");
    expect(withBuffer({ ...slot, size: 5 })).toThrow(PlanError);
  });
});
