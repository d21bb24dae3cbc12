import { describe, expect, test } from "vitest";
import { PlanBuilder, runCase } from "../../../test/conformance/index.ts";
import { createBackend } from "../../device/registry.ts";
import { DeviceError, PlanError } from "../../errors.ts";
import { IndexOutOfRange } from "../../plan/backend.ts";
import { apply, constant } from "../../plan/expr.ts";
import type { HostCall } from "../../plan/plan.ts";
import { contiguous } from "../../plan/view.ts";
import { ReferenceBackend } from "./index.ts";

const four = contiguous([4]);

/** A plan that doubles a variable of four elements in place and returns what it was. */
function doubling(): PlanBuilder {
  const plan = new PlanBuilder();
  const variable = plan.variable("float32", Float32Array.of(1, 2, 3, 4));
  const before = plan.load(variable, four);
  return plan.step({
    kind: "map",
    label: "double",
    shape: [4],
    stores: [
      { place: { buffer: variable, view: four }, expr: apply("add", "float32", before, before) },
      { place: { buffer: plan.output("float32", [4]), view: four }, expr: before },
    ],
  });
}

test("importing the entry registers the backend", async () => {
  expect((await createBackend("reference", {})).name).toBe("reference");
});

test("it computes in the four compute dtypes; the others are storage", () => {
  const backend = new ReferenceBackend();
  const supported = (["float32", "float64", "int32", "bool", "bfloat16", "float16", "int8"] as const).map((dtype) =>
    backend.supports(dtype),
  );
  expect(supported).toEqual([true, true, true, true, false, false, false]);
});

describe("run", () => {
  test("evaluates every expression of a map before it stores any", async () => {
    const [before, after] = await runCase(new ReferenceBackend(), doubling().build("double", "bits"));
    expect([before, after]).toEqual([Float32Array.of(1, 2, 3, 4), Float32Array.of(2, 4, 6, 8)]);
  });

  test("can swap two variables", async () => {
    const plan = new PlanBuilder();
    const [a, b] = [plan.variable("int32", Int32Array.of(1)), plan.variable("int32", Int32Array.of(2))];
    const place = (buffer: number) => ({ buffer, view: contiguous([1]) });
    plan.step({
      kind: "map",
      label: "swap",
      shape: [1],
      stores: [
        { place: place(a), expr: plan.load(b, contiguous([1])) },
        { place: place(b), expr: plan.load(a, contiguous([1])) },
      ],
    });
    expect(await runCase(new ReferenceBackend(), plan.build("swap", "bits"))).toEqual([
      Int32Array.of(2),
      Int32Array.of(1),
    ]);
  });

  test("returns copies: a later run leaves them as they are", async () => {
    const backend = new ReferenceBackend();
    const { plan } = doubling().build("double", "bits");
    const program = await backend.compile(plan);
    const variable = backend.allocate("float32", [4]);
    const [first] = await backend.run(program, { slots: [variable], numbers: [], hosts: [] });
    const seen = await backend.read(first);
    await backend.run(program, { slots: [variable], numbers: [], hosts: [] });
    expect(await backend.read(first)).toEqual(seen);
  });

  test("lets timers run, however short the plans", async () => {
    const backend = new ReferenceBackend();
    const program = await backend.compile(doubling().build("double", "bits").plan);
    const variable = backend.allocate("float32", [4]);
    let immediates = 0;
    for (let i = 0; i < 10; i++) {
      setImmediate(() => immediates++);
      await backend.run(program, { slots: [variable], numbers: [], hosts: [] });
    }
    expect(immediates).toBe(10);
  });

  test("reports the first check that failed, after the plan has run to its end", async () => {
    const plan = new PlanBuilder();
    const variable = plan.variable("float32", Float32Array.of(0));
    const one = contiguous([1]);
    const table = plan.load(plan.value("float32", Float32Array.of(10, 11)), one);
    const [passing, failing, later, last] = [plan.check(2), plan.check(2), plan.check(2), plan.check(2)];
    const gathered = (index: number, check: number) => ({
      ...table,
      gathers: [{ index: constant(index, "int32"), stride: 1, extent: 2, check }],
    });
    const sum = [gathered(5, later), gathered(-1, failing), gathered(9, last)].reduce(
      (total, load) => apply("add", "float32", total, load),
      apply("add", "float32", gathered(1, passing), constant(0, "float32")),
    );
    plan.step({
      kind: "map",
      label: "gather",
      shape: [1],
      stores: [{ place: { buffer: variable, view: one }, expr: sum }],
    });

    const backend = new ReferenceBackend();
    const case_ = plan.build("gather", "bits");
    const program = await backend.compile(case_.plan);
    const handle = backend.allocate("float32", [1]);
    const slots = case_.plan.slots.map((slot, i) =>
      slot.kind === "variable" ? handle : backend.value(case_.slots[i], slot.dtype, slot.shape),
    );
    await expect(backend.run(program, { slots, numbers: [], hosts: [] })).rejects.toEqual(new IndexOutOfRange(failing));
    expect(await backend.read(handle)).toEqual(Float32Array.of(11 + 0 + 11 + 10 + 11));
  });

  test("refuses handles that do not fit the plan's slots", async () => {
    const backend = new ReferenceBackend();
    const program = await backend.compile(doubling().build("double", "bits").plan);
    const run = (slot: ReturnType<typeof backend.allocate>) =>
      backend.run(program, { slots: [slot], numbers: [], hosts: [] });
    await expect(run(backend.allocate("float32", [5]))).rejects.toThrow(PlanError);
    await expect(run(backend.allocate("int32", [4]))).rejects.toThrow(/variable float32 \[4\].*variable int32 \[4\]/);
    await expect(run(backend.value(new Float32Array(4), "float32", [4]))).rejects.toThrow(/got a value/);
  });
});

describe("host steps", () => {
  /** a → callback → b, returned. */
  async function through(call: HostCall): Promise<Float32Array> {
    const backend = new ReferenceBackend();
    const plan = new PlanBuilder();
    const a = plan.value("float32", Float32Array.of(1, 2, 3, 4));
    const b = plan.output("float32", [2]);
    plan.step({
      kind: "host",
      label: "callback",
      call: 0,
      inputs: [{ buffer: a, shape: [4] }],
      outputs: [{ buffer: b, shape: [2] }],
    });
    const case_ = plan.build("host", "bits");
    const slots = [backend.value(case_.slots[0], "float32", [4])];
    const [result] = await backend.run(await backend.compile(case_.plan), { slots, numbers: [], hosts: [call] });
    return (await backend.read(result)) as Float32Array;
  }

  test("get copies and may be asynchronous", async () => {
    const result = await through(async ([x]) => {
      await Promise.resolve();
      x[0] = 100;
      return [Float32Array.of(x[0], x[3])];
    });
    expect(result).toEqual(Float32Array.of(100, 4));
  });

  test("must return what the plan expects", async () => {
    await expect(through(() => [])).rejects.toThrow("callback: the callback returned 0 arrays, expected 1");
    await expect(through(() => [new Float32Array(3)])).rejects.toThrow(
      "callback, result 0: 3 elements, expected shape [2]",
    );
  });

  test("fail the run with their own error", async () => {
    const error = new RangeError("mine");
    await expect(
      through(() => {
        throw error;
      }),
    ).rejects.toBe(error);
  });
});

describe("memory", () => {
  test("counts variables until they are freed, once", () => {
    const backend = new ReferenceBackend();
    const [a, b] = [backend.allocate("float32", [3, 5]), backend.allocate("bool", [7])];
    const value = backend.value(new Float64Array(100), "float64", [100]);
    expect(backend.memory().liveBytes).toBe(60 + 7);
    backend.free(value);
    backend.free(a);
    backend.free(a);
    expect(backend.memory().liveBytes).toBe(7);
    backend.free(b);
    expect(backend.memory().liveBytes).toBe(0);
  });

  test("has one arena, as large as the largest plan", async () => {
    const backend = new ReferenceBackend();
    const sized = (floats: number) => {
      const plan = new PlanBuilder();
      const view = contiguous([floats]);
      const place = { buffer: plan.output("float32", [floats]), view };
      plan.step({ kind: "map", label: "fill", shape: [floats], stores: [{ place, expr: constant(1, "float32") }] });
      return plan.build("fill", "bits").plan;
    };
    await backend.compile(sized(16));
    const large = await backend.compile(sized(1000));
    expect(backend.memory().arenaBytes).toBe(4032);
    await backend.run(large, { slots: [], numbers: [], hosts: [] });
    backend.drop(large);
    expect(backend.memory().arenaBytes).toBe(64);
  });

  test("values and reads are copies", async () => {
    const backend = new ReferenceBackend();
    const data = Float32Array.of(1, 2);
    const value = backend.value(data, "float32", [2]);
    data[0] = 9;
    const read = await backend.read(value);
    read[1] = 9;
    expect(await backend.read(value)).toEqual(Float32Array.of(1, 2));
  });

  test("freed and foreign handles, and a closed device, are errors", async () => {
    const backend = new ReferenceBackend();
    const handle = backend.allocate("int32", [2]);
    backend.free(handle);
    await expect(backend.read(handle)).rejects.toThrow("the memory of this int32 [2] was freed");
    await expect(backend.read({ dtype: "int32", shape: [2], bytes: 8 })).rejects.toThrow(DeviceError);
    expect(() => backend.value(new Int32Array(3), "int32", [2])).toThrow("3 elements given for a int32 of shape [2]");
    await backend.close();
    expect(() => backend.allocate("int32", [2])).toThrow("the device is closed");
    expect(backend.memory()).toEqual({ liveBytes: 0, arenaBytes: 0, cachedBytes: 0 });
  });
});
