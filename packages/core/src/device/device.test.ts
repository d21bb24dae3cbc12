import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, expect, it, vi } from "vitest";
import {
  Device,
  groupBy,
  PendingGraphError,
  parameter,
  realize,
  scope,
  setDefaultDevice,
  tensor,
  variable,
  zeros,
} from "../index.ts";
import "../backends/reference/index.ts";

afterEach(() => vi.restoreAllMocks());

it("plans are kept in an LRU: a long-lived device holds a bounded number", async () => {
  const device = setDefaultDevice(new Device("reference"));
  for (let n = 1; n <= 100; n++) expect(await zeros([n]).add(1).sum().item()).toBe(n);
  expect(device.stats().plansCached).toBeLessThanOrEqual(64);
  const before = device.stats();
  expect(await zeros([100]).add(1).sum().item()).toBe(100);
  expect(device.stats().plansCompiled).toBe(before.plansCompiled);
  expect(await zeros([1]).add(1).sum().item()).toBe(1);
  expect(device.stats().plansCompiled).toBe(before.plansCompiled + 1);
});

it("deep chains compile to kernels of bounded size", async () => {
  for (const name of ["reference", "wasm"]) {
    const device = setDefaultDevice(new Device(name, { threads: 1 }));
    let x = variable(tensor([1])).read();
    for (let i = 0; i < 3000; i++) x = x.add(1);
    expect(await x.item()).toBe(3001);
    expect(device.stats().kernelsRun).toBeGreaterThan(5);
    await device.close();
  }
});

it("a pending graph that only grows warns once, then is an error; both name the oldest effect and the remedy", () => {
  setDefaultDevice(new Device("reference"));
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const total = variable(tensor([0]), { name: "total" });
  const loop = (): void => {
    for (let i = 0; i < 300_000; i++) total.assign(total.add(1));
  };
  expect(loop).toThrow(PendingGraphError);
  expect(loop).toThrow(/assign of "total".*Await realize\(\)/s);
  expect(warn).toHaveBeenCalledOnce();
  expect(String(warn.mock.calls[0][0])).toMatch(/2\d{4} nodes are pending.*assign of "total"/s);
});

it("variables that nobody holds give their memory back", async () => {
  const device = setDefaultDevice(new Device("reference"));
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const make = async (): Promise<void> => {
    parameter(zeros([1000]));
    await realize();
  };
  for (let i = 0; i < 20; i++) await make();
  for (let i = 0; i < 5; i++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await realize();
  expect(device.stats().liveBytes).toBeLessThan(20 * 4000);
});

it("loops that drop large variables stay bounded", async () => {
  const device = setDefaultDevice(new Device("wasm", { threads: 1 }));
  const megabytes = 40;
  let largest = 0;
  for (let i = 0; i < 60; i++) {
    variable(zeros([megabytes * 2 ** 18]));
    await realize();
    largest = Math.max(largest, device.stats().liveBytes);
  }
  expect(largest).toBeLessThan(1000 * 2 ** 20);
  await device.close();
});

it("another backend may be chosen until the default device has run something", async () => {
  const first = setDefaultDevice(new Device("wasm"));
  const w = variable(tensor([1]));
  expect(setDefaultDevice("reference")).toBe(first);
  expect(await w.add(1).item()).toBe(2);
  expect(first.name).toBe("reference");
  expect(setDefaultDevice("reference")).not.toBe(first);
});

it("a node of which a part is kept counts as computed, where the other part is computed later", async () => {
  const device = setDefaultDevice(new Device("reference"));
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const { permutation, offsets } = groupBy(variable(tensor(Int32Array.of(1, 0, 1))).read(), 2);
  expect(await offsets.array()).toEqual([0, 1, 3]);
  expect(device.stats().recomputedNodes).toBe(0);
  expect(await permutation.array()).toEqual([1, 0, 2]);
  expect(device.stats().recomputedNodes).toBe(1);
});

it("an error of a shared plan names the path of the model that ran it", async () => {
  setDefaultDevice(new Device("reference"));
  const lookUp = (path: string, index: number): Promise<unknown> => {
    const [table, indices] = [variable(tensor([1, 2])), variable(tensor(Int32Array.of(index)))];
    return scope(path, () => table.take(indices.read())).array();
  };
  expect(await lookUp("first.embedding", 1)).toEqual([2]);
  await expect(lookUp("second.embedding", 2)).rejects.toThrow(
    /second\.embedding:take: a computed index is out of range/,
  );
});

it("giving variables back runs nothing", async () => {
  const device = setDefaultDevice(new Device("wasm", { threads: 1 }));
  const places = [1, 2, 3].map((value) => variable(tensor([value])));
  await realize();
  const { plansRun } = device.stats();
  for (const place of places) place.dispose();
  await realize();
  expect(device.stats()).toMatchObject({ plansRun, liveBytes: 0 });
  await device.close();
});

it("live bytes and the arena are the same however many steps have run, and no step compiles anew", async () => {
  const device = setDefaultDevice(new Device("wasm", { threads: 1 }));
  const [w, average] = [parameter(zeros([64, 64])), variable(zeros([64, 64]))];
  const held: object[] = [];
  for (let step = 1; step <= 300; step++) {
    const loss = w
      .add(tensor(Float32Array.from({ length: 64 }, (_, i) => i + step)))
      .square()
      .mean();
    loss.backward();
    const gradient = w.grad as NonNullable<typeof w.grad>;
    average.assign(average.mul(0.9).add(gradient));
    w.assign(w.sub(average.mul(1 / step)));
    w.consumeGrad();
    await realize();
    const { liveBytes, arenaBytes, plansCompiled } = device.stats();
    if (step === 20 || step === 300) held.push({ liveBytes, arenaBytes, plansCompiled });
  }
  expect(held[1]).toEqual(held[0]);
  await device.close();
});
