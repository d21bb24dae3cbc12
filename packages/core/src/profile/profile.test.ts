import { afterEach, describe, expect, it } from "vitest";
import { profiler } from "../device/profiler.ts";
import { callback, Device, Generator, parameter, realize, setDefaultDevice, zeros } from "../index.ts";
import "../backends/reference/index.ts";
import { formatProfile, type Profile, profiled, type TraceEvent } from "./index.ts";

const devices: Device[] = [];
afterEach(async () => {
  for (const device of devices.splice(0)) await device.close();
});

function open(name: string, threads: number): Device {
  const device = setDefaultDevice(new Device(name, { threads }));
  devices.push(device);
  return device;
}

/** Gradient descent that accumulates, from its second step on one plan: products, maps, a reduction and a host step. */
async function train(steps: number): Promise<void> {
  const x = new Generator(1).normal([64, 48]).keep();
  const weight = parameter(zeros([48, 48]));
  await realize();
  for (let step = 0; step < steps; step++) {
    const loss = x.matmul(weight).sub(x.flip(1)).square().mean();
    loss.backward();
    weight.assign(weight.sub(weight.grad!.mul(0.1)));
    callback([weight], () => {});
    await loss.item();
  }
}

const complete = ({ traceEvents }: Profile["trace"]): TraceEvent[] => traceEvents.filter(({ ph }) => ph === "X");
const end = ({ ts, dur }: TraceEvent): number => ts! + dur!;

function rowsOf(events: TraceEvent[]): Map<number, TraceEvent[]> {
  const rows = new Map<number, TraceEvent[]>();
  for (const event of events) rows.set(event.tid, [...(rows.get(event.tid) ?? []), event]);
  return rows;
}

describe.each([
  ["wasm", 0, 1],
  ["wasm", 1, 1],
  ["wasm", 2, 2],
  ["reference", 1, 1],
])("on %s with %i threads", (name, threads, computing) => {
  it("every step of a plan has its times, its cost and its rates", async () => {
    const device = open(name, threads);
    await train(1);
    const profile = await profiled(() => train(4), { device });
    const plans = new Map(device.plans.map(({ plan }) => [plan!.id, plan!]));
    const plan = profile.plans.find(({ runs }) => runs === 3)!;
    const { steps } = plans.get(plan.id)!;
    expect(plan).toMatchObject({ device: name, threads: computing });
    expect(plan.kernels.map(({ kind, label }) => [kind, label])).toEqual(steps.map(({ kind, label }) => [kind, label]));
    const kinds = new Set(plan.kernels.map(({ kind }) => kind));
    for (const kind of ["map", "reduce", "matmul", "host"]) expect(kinds).toContain(kind);
    for (const kernel of plan.kernels) {
      const { calls, ms, minMs, threadMs, waitMs, flops, bytes, gflops, gbs } = kernel;
      expect(calls).toBe(3);
      expect(bytes).toBeGreaterThan(0);
      expect(minMs).toBeGreaterThan(0);
      expect(ms).toBeGreaterThanOrEqual(3 * minMs - 1e-9);
      expect(threadMs).toBeGreaterThanOrEqual(ms - 1e-9);
      expect(threadMs).toBeLessThanOrEqual(computing * ms + 1e-9);
      expect(waitMs).toBeGreaterThanOrEqual(0);
      expect(gflops * ms * 1e6).toBeCloseTo(3 * flops);
      expect(gbs * ms * 1e6).toBeCloseTo(3 * bytes);
    }
    const product = plan.kernels.find(({ shape }) => shape === "[64,48]×[48,48]");
    expect(product).toMatchObject({ kind: "matmul", flops: 2 * 64 * 48 * 48, bytes: 4 * (2 * 64 * 48 + 48 * 48) });
    const busy = plan.kernels.reduce((sum, { threadMs, waitMs }) => sum + threadMs + waitMs, 0);
    expect(busy / computing).toBeLessThanOrEqual(plan.ms);
    expect(plan.ms).toBeLessThanOrEqual(profile.totals.run);
    for (const ms of [profile.totals.build, profile.totals.capture]) expect(ms).toBeGreaterThan(0);
  });

  it("the trace is JSON with events that do not overlap in a row, within the runs", async () => {
    const device = open(name, threads);
    const profile = await profiled(() => train(3), { device });
    expect(JSON.parse(JSON.stringify(profile.trace))).toEqual(profile.trace);
    const events = complete(profile.trace);
    const rows = rowsOf(events);
    const titles = profile.trace.traceEvents.flatMap(({ name, tid, args }) =>
      name === "thread_name" ? [[tid, args!.name] as const] : [],
    );
    expect(new Map(titles).size).toBe(3 + computing);
    expect(new Set(rows.keys())).toEqual(new Set(titles.map(([tid]) => tid)));
    for (const row of rows.values()) {
      const sorted = row.toSorted((a, b) => a.ts! - b.ts! || end(a) - end(b));
      for (const [at, event] of sorted.entries()) {
        expect(event.dur).toBeGreaterThanOrEqual(0);
        if (at > 0) expect(event.ts).toBeGreaterThanOrEqual(end(sorted[at - 1]) - 0.002);
      }
    }
    const runs = events.filter((event) => event.name === "run");
    const kernels = events.filter((event) => event.cat !== "device");
    expect(runs).toHaveLength(profile.plans.reduce((sum, plan) => sum + plan.runs, 0));
    expect(kernels.length).toBeGreaterThanOrEqual(
      profile.plans.reduce((sum, plan) => sum + plan.runs * plan.kernels.length, 0),
    );
    for (const event of kernels) {
      expect(runs.some((run) => event.ts! >= run.ts! - 0.002 && end(event) <= end(run) + 0.002)).toBe(true);
    }
    const { args } = kernels.find(({ cat }) => cat === "matmul")!;
    expect(args).toMatchObject({ kind: "matmul", shape: "[64,48]×[48,48]" });
  });
});

it("watches the device that is asked for, while the work lasts, also within another profile", async () => {
  const [wasm, reference] = [open("wasm", 0), open("reference", 1)];
  let inner: Profile | undefined;
  const outer = await profiled(async () => {
    await train(1);
    setDefaultDevice(wasm);
    inner = await profiled(() => train(2), { device: wasm });
    setDefaultDevice(reference);
    await train(1);
    expect(profiler).not.toBeNull();
  });
  expect(profiler).toBeNull();
  const runsOn = (profile: Profile, device: string): number =>
    profile.plans.filter((plan) => plan.device === device).reduce((sum, plan) => sum + plan.runs, 0);
  expect([runsOn(inner!, "wasm"), runsOn(inner!, "reference")]).toEqual([runsOn(outer, "wasm"), 0]);
  expect(runsOn(outer, "reference")).toBe(wasm.stats().plansRun - runsOn(outer, "wasm") + reference.stats().plansRun);
  const before = structuredClone(outer.plans);
  await train(1);
  expect(outer.plans).toEqual(before);
});

it("what fails ends the profile too", async () => {
  open("reference", 1);
  await expect(profiled(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(profiler).toBeNull();
  const wrong: object = { devices: [] };
  await expect(profiled(() => {}, wrong)).rejects.toThrow("there is no option");
});

it("the table joins the layers of a model", () => {
  const kernel = {
    kind: "map",
    shape: "[8,4]",
    calls: 2,
    ms: 4,
    minMs: 1,
    threadMs: 8,
    waitMs: 2,
    flops: 3e6,
    bytes: 2e6,
    gflops: 1.5,
    gbs: 1,
  } as const;
  const profile: Profile = {
    plans: [
      {
        id: 7,
        device: "wasm",
        runs: 2,
        ms: 30,
        threads: 2,
        kernels: [
          { ...kernel, step: 0, label: "model.layers.0.mlp:mul" },
          { ...kernel, step: 1, label: "model.layers.11.mlp:mul" },
          { ...kernel, step: 2, label: "muon:matmul", kind: "matmul", shape: "[8,4]×[4,8]", ms: 12, flops: 6e8 },
        ],
      },
    ],
    totals: { build: 1, capture: 2, compile: 3, run: 30 },
    trace: { displayTimeUnit: "ms", traceEvents: [] },
  };
  expect(formatProfile(profile, { rows: 1 })).toMatchInlineSnapshot(`
    "run 30.0 ms, compile 3.0 ms, capture 2.0 ms, build and the program's own work 1.0 ms

    plan 7 on wasm: 2 runs of 15.0 ms; 3 kernels; each of 2 threads computes 6.0 ms and waits 1.5 ms

         ms     %    min   wait  kernels  GFLOP/s  GB/s  kernel  shape        label
      6.000  60.0  1.000  1.000        1    100.0   0.3  matmul  [8,4]×[4,8]  muon:matmul
      4.000  40.0  2.000  2.000        2      1.5   1.0  1 more

         ms     %    min   wait  kernels  GFLOP/s  GB/s  kind
      6.000  60.0  1.000  1.000        1    100.0   0.3  matmul
      4.000  40.0  2.000  2.000        2      1.5   1.0  1 more

         ms     %    min   wait  kernels  GFLOP/s  GB/s  label
      6.000  60.0  1.000  1.000        1    100.0   0.3  muon:matmul
      4.000  40.0  2.000  2.000        2      1.5   1.0  1 more"
  `);
  expect(formatProfile(profile)).toContain("model.layers.*.mlp:mul");
});
