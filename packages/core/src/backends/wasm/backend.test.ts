import { execFile } from "node:child_process";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Case } from "../../../test/conformance/index.ts";
import { PlanBuilder, runCase } from "../../../test/conformance/index.ts";
import { ACCUMULATED, chain, gather, long, noise, of, sums, transpose, unaryMap } from "../../../test/wasm/plans.ts";
import { DeviceError } from "../../errors.ts";
import type { Backend, Bindings } from "../../plan/backend.ts";
import { IndexOutOfRange } from "../../plan/backend.ts";
import { constant } from "../../plan/expr.ts";
import type { HostCall } from "../../plan/plan.ts";
import { contiguous } from "../../plan/view.ts";
import type { WasmBackend } from "./index.ts";
import { createWasmBackend } from "./index.ts";

const threadCounts = [0, 1, 2, 3];
let backends: WasmBackend[];

beforeAll(async () => {
  const pools = threadCounts.map((threads) => createWasmBackend({ threads, smallInline: false }));
  backends = await Promise.all([...pools, createWasmBackend({ threads: 2 })]);
});
afterAll(async () => {
  await Promise.all(backends.map((backend) => backend.close()));
});

/** The bits of all results, by thread count. */
async function bitsOf(case_: Case): Promise<number[][][]> {
  return Promise.all(
    backends.map(async (backend) => {
      const results = await runCase(backend, case_);
      return results.map((r) => [...new Uint8Array(r.buffer, r.byteOffset, r.byteLength)]);
    }),
  );
}

function bind(backend: Backend, { plan, slots, numbers }: Case, hosts: Bindings["hosts"] = []): Bindings {
  const handles = plan.slots.map(({ dtype, shape }, slot) => backend.value(slots[slot], dtype, shape));
  return { slots: handles, numbers, hosts };
}

/** Turns of the event loop until the promise is settled. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let running = true;
  const turn = (): void => {
    turns++;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  await work;
  running = false;
  return turns;
}

describe("bits", () => {
  test("are the same inline and on one, two and three threads", async () => {
    for (const case_ of [
      chain(5),
      unaryMap(noise(10_001), (x) => of("sigmoid", x)),
      sums(noise(300 * 70), contiguous([300, 70])),
    ]) {
      const [first, ...others] = await bitsOf(case_);
      for (const other of others) expect(other).toEqual(first);
    }
  });

  test("of an element do not depend on its place", async () => {
    const [backend] = backends;
    const data = noise(257);
    for (const op of ["exp", "log", "tanh", "sigmoid", "sin", "cos", "sqrt"] as const) {
      const [whole] = await runCase(
        backend,
        unaryMap(data, (x) => of(op, x)),
      );
      for (const start of [1, 2, 3, 200, 256]) {
        const [part] = await runCase(
          backend,
          unaryMap(data.slice(start), (x) => of(op, x)),
        );
        expect(part).toEqual(whole.slice(start));
      }
    }
  });

  test("of a sum follow the stated order, whichever axis is contiguous", () => {
    const sizes = fc.record({
      rows: fc.integer({ min: 1, max: 40 }),
      length: fc.oneof(fc.nat(20), fc.nat(3000)),
      block: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1000 })),
    });
    return fc.assert(
      fc.asyncProperty(sizes, async ({ rows, length, block }) => {
        const data = noise(rows * length, rows);
        const across = data.map((_, i) => data[(i % rows) * length + Math.floor(i / rows)]);
        const view = { shape: [rows, length], strides: [1, rows], offset: 0 };
        const expected = [orderedSums(data, rows, length, block)];
        for (const backend of [backends[0], backends[2]]) {
          expect(await runCase(backend, sums(data, contiguous([rows, length]), block))).toEqual(expected);
          expect(await runCase(backend, sums(across, view, block))).toEqual(expected);
        }
      }),
    );
  });
});

/** plan.ts: four accumulators by i mod 4, then (a₀ + a₂) + (a₁ + a₃). */
function orderedSums(data: Float32Array, rows: number, length: number, block: number): Float32Array {
  const size = block > 0 ? block : length;
  const blocks = block > 0 ? Math.ceil(length / block) : 1;
  return Float32Array.from({ length: rows * blocks }, (_, result) => {
    const start = (result % blocks) * size;
    const row = Math.floor(result / blocks) * length;
    const a = new Float32Array(4);
    for (let i = 0; i < Math.min(size, length - start); i++) a[i % 4] += data[row + start + i];
    return Math.fround(Math.fround(a[0] + a[2]) + Math.fround(a[1] + a[3]));
  });
}

test("maps go through large arrays in any direction", () => {
  const sizes = fc.record({
    rows: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 2000 })),
    columns: fc.integer({ min: 1, max: 40 }),
    margin: fc.nat(3),
  });
  return fc.assert(
    fc.asyncProperty(sizes, async ({ rows, columns, margin }) => {
      const [x, bias] = [noise(rows * columns), noise(columns, 7)];
      const width = rows + 2 * margin;
      const expected = new Float32Array(columns * width);
      for (let c = 0; c < columns; c++) {
        for (let r = 0; r < rows; r++) {
          expected[c * width + margin + r] = Math.fround(x[r * columns + c] + bias[c]) + r;
        }
      }
      for (const backend of [backends[0], backends[2]]) {
        const [result] = await runCase(backend, transpose(rows, columns, margin));
        expect(Buffer.from(result.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
      }
    }),
  );
});

describe.each(threadCounts.slice(0, 3).map((threads, i) => ({ threads, i })))("threads: $threads", ({ i }) => {
  test("the event loop lives while a plan runs", async () => {
    const case_ = long(400_000, 300);
    const program = await backends[i].compile(case_.plan);
    const turns = await turnsDuring(backends[i].run(program, bind(backends[i], case_)));
    expect(turns).toBeGreaterThan(3);
    backends[i].drop(program);
  });

  test("a computed index out of range fails the run, and only that run", async () => {
    const table = noise(10);
    for (const bad of [-1, 10, 2 ** 31 - 1, -(2 ** 31)]) {
      const indices = Int32Array.from({ length: 5000 }, (_, j) => (j === 4321 ? bad : j % 10));
      const run = runCase(backends[i], gather(table, indices));
      await expect(run).rejects.toThrow(IndexOutOfRange);
      await expect(run).rejects.toMatchObject({ check: 0 });
    }
    const good = Int32Array.from({ length: 5000 }, (_, j) => (j * 7) % 10);
    expect(await runCase(backends[i], gather(table, good))).toEqual([Float32Array.from(good, (j) => table[j])]);
  });

  test("a trap fails the run, and only that run", async () => {
    const plan = new PlanBuilder();
    const view = contiguous([4000]);
    const x = plan.value("float32", noise(4000));
    const [first, second] = [plan.output("float32", [4000]), plan.output("float32", [4000])];
    const beyond = plan.load(x, { ...view, offset: 1000 * 2 ** 20 });
    plan.step({
      kind: "map",
      label: "trap",
      shape: [4000],
      stores: [{ place: { buffer: first, view }, expr: beyond }],
    });
    const expr = plan.load(first, view);
    plan.step({ kind: "map", label: "next", shape: [4000], stores: [{ place: { buffer: second, view }, expr }] });
    const run = runCase(backends[i], plan.build("trap", "bits"));
    await expect(run).rejects.toThrow(DeviceError);
    await expect(run).rejects.toThrow(/step 0 .* out of bounds/);
    const data = noise(100);
    expect(
      await runCase(
        backends[i],
        unaryMap(data, (v) => of("neg", v)),
      ),
    ).toEqual([data.map((v) => -v)]);
  });

  test("a host step reads what came before it and fills what comes after", async () => {
    const plan = new PlanBuilder();
    const view = contiguous([3]);
    const x = plan.load(plan.value("float32", Float32Array.of(1, 2, 3)), view);
    const buffers = [0, 1].map(() => plan.temporary("float32", 3));
    const result = plan.output("float32", [3]);
    const map = (buffer: number, expr: ReturnType<typeof of>): void => {
      plan.step({ kind: "map", label: "map", shape: [3], stores: [{ place: { buffer, view }, expr }] });
    };
    map(buffers[0], of("mul", x, constant(10, "float32")));
    plan.step({
      kind: "host",
      label: "callback",
      call: 1,
      inputs: [{ buffer: buffers[0], shape: [3] }],
      outputs: [{ buffer: buffers[1], shape: [3] }],
    });
    plan.step({ kind: "host", label: "look", call: 0, inputs: [{ buffer: buffers[1], shape: [3] }], outputs: [] });
    map(result, of("add", plan.load(buffers[0], view), plan.load(buffers[1], view)));
    const case_ = plan.build("host", "bits");
    const seen: number[][] = [];
    const look: HostCall = ([array]) => {
      seen.push([...array]);
      return [];
    };
    const callback: HostCall = async ([array]) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return [Float32Array.from(array, (v) => v + 0.5)];
    };
    const program = await backends[i].compile(case_.plan);
    const [handle] = await backends[i].run(program, bind(backends[i], case_, [look, callback]));
    expect(seen).toEqual([[10.5, 20.5, 30.5]]);
    expect(await backends[i].read(handle)).toEqual(Float32Array.of(20.5, 40.5, 60.5));
    const wrong = backends[i].run(program, bind(backends[i], case_, [look, () => [new Float32Array(2)]]));
    await expect(wrong).rejects.toThrow(DeviceError);
    backends[i].drop(program);
  });

  test("memory is the same after many runs", async () => {
    const backend = backends[i];
    const before = backend.memory();
    const case_ = chain(1);
    const { plan } = case_;
    const program = await backend.compile(plan);
    const weight = backend.allocate("float32", plan.slots[2].shape);
    const first = backend.memory();
    expect(first.liveBytes).toBe(before.liveBytes + weight.bytes);
    for (let run = 0; run < 20; run++) {
      const bindings = bind(backend, case_);
      const slots = bindings.slots.map((value, slot) => (plan.slots[slot].kind === "variable" ? weight : value));
      const outputs = await backend.run(program, { ...bindings, slots });
      expect(backend.memory().arenaBytes).toBe(Math.max(before.arenaBytes, plan.arenaBytes));
      for (const handle of [...outputs, ...bindings.slots]) backend.free(handle);
    }
    backend.free(weight);
    backend.drop(program);
    expect(backend.memory()).toEqual({ ...before, arenaBytes: Math.max(before.arenaBytes, plan.arenaBytes) });
    expect(() => backend.free(weight)).toThrow(DeviceError);
    await expect(backend.read(weight)).rejects.toThrow(/freed/);
  });
});

test("a new shape is a new plan, not new machine code", async () => {
  const [, backend] = backends;
  const compiled = async (case_: Case): Promise<number> => (await backend.compile(case_.plan)).compiledKernels;
  const make = (x: Parameters<typeof of>[1]): ReturnType<typeof of> => of("cos", of("exp", x));
  expect(await compiled(unaryMap(noise(1000), make))).toBe(1);
  expect(await compiled(unaryMap(noise(77), make))).toBe(0);
  expect(await compiled(unaryMap(noise(1000), (x) => of("exp", of("cos", x))))).toBe(1);
});

test("compiling many kernels lets the event loop live", async () => {
  const [, backend] = backends;
  const plan = new PlanBuilder();
  const view = contiguous([64]);
  for (let i = 0; i < 60; i++) {
    const x = plan.load(plan.value("float32", noise(64)), view);
    const expr = of("mul", of("tanh", of("mul", x, constant(i, "float32"))), constant(i + 0.5, "float32"));
    const place = { buffer: plan.output("float32", [64]), view };
    plan.step({ kind: "map", label: "map", shape: [64], stores: [{ place, expr }] });
  }
  const compiled = backend.compile(plan.build("many", "bits").plan);
  expect(await turnsDuring(compiled)).toBeGreaterThan(5);
  expect((await compiled).compiledKernels).toBe(60);
});

test("runs that nobody waited for take their turns", async () => {
  const backend = backends[2];
  const cases = [1, 2, 3, 4].map((seed) => sums(noise(64 * 64, seed), contiguous([64, 64])));
  const alone: unknown[] = [];
  for (const case_ of cases) alone.push(await runCase(backend, case_));
  expect(await Promise.all(cases.map((case_) => runCase(backend, case_)))).toEqual(alone);
});

test("what it cannot do is said by name", async () => {
  const backend = await createWasmBackend({ threads: 0 });
  expect(backend.supports("float64")).toBe(false);
  expect(() => backend.allocate("float64", [2])).toThrow(DeviceError);
  expect(() => backend.value(new Float32Array(3), "float32", [2])).toThrow(
    "3 elements given for a float32 of shape [2]",
  );
  const foreign = { dtype: "float32", shape: [1], bytes: 4 } as const;
  await expect(backend.read(foreign)).rejects.toThrow(/another device/);
  expect(() => backend.allocate("float32", [2 ** 30])).toThrow(/no memory for 4096.0 MB of variables/);
  await backend.close();
  expect(() => backend.allocate("float32", [2])).toThrow(/closed/);
});

test("plain multiply-adds round twice, contracted ones once", async () => {
  const x = 1 + 2 ** -12;
  const case_ = unaryMap(new Float32Array(7).fill(x), (v) => of("mulAdd", v, v, constant(-1, "float32")));
  const plain = await createWasmBackend({ threads: 0, deterministic: true });
  expect(plain.contracted).toBe(false);
  const twice = Math.fround(x * x) - 1;
  expect(await runCase(plain, case_)).toEqual([new Float32Array(7).fill(twice)]);
  const [backend] = backends;
  const expected = backend.contracted ? Math.fround(x * x - 1) : twice;
  expect(await runCase(backend, case_)).toEqual([new Float32Array(7).fill(expected)]);
  const product = unaryMap(new Float32Array(7).fill(x), (v) => of("add", of("mul", v, v), constant(-1, "float32")));
  expect(await runCase(backend, product)).toEqual([new Float32Array(7).fill(twice)]);
});

test.each(["", "await backend.close();"])(
  "a process ends by itself, and not before what it awaits: %j",
  async (end) => {
    const url = (file: string): string => new URL(file, import.meta.url).href;
    const script = `
    import { createWasmBackend } from "${url("./index.ts")}";
    import { runCase } from "${url("../../../test/conformance/index.ts")}";
    import { long } from "${url("../../../test/wasm/plans.ts")}";
    const backend = await createWasmBackend({ threads: 2 });
    const [result] = await runCase(backend, long(100000, 20));
    ${end}
    console.log("computed", result.length);
  `;
    const options = ["--import", "tsx", "--input-type=module", "--eval", script];
    const { stdout } = await promisify(execFile)(process.execPath, options, { timeout: 60_000 });
    expect(stdout).toBe("computed 100000\n");
  },
);

test("the reduced value may enter several results", async () => {
  const plan = new PlanBuilder();
  const input = plan.load(plan.value("float32", noise(33 * 20)), contiguous([33, 20]));
  const view = contiguous([33]);
  const stores = [of("sqrt", of("abs", ACCUMULATED)), ACCUMULATED].map((expr) => ({
    place: { buffer: plan.output("float32", [33]), view },
    expr,
  }));
  plan.step({ kind: "reduce", label: "two", op: "sum", shape: [33], length: 20, block: 0, input, stores });
  const [roots, totals] = await runCase(backends[1], plan.build("two", "bits"));
  expect(roots).toEqual(Float32Array.from(totals, (t) => Math.sqrt(Math.abs(t))));
});
