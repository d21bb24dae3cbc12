import { arange, Device, Generator, setDefaultDevice, tensor, variable, zeros } from "@tsuki/core";
import { profiled } from "@tsuki/core/profile";
import { beforeAll, describe, expect, inject, it } from "vitest";

const isolated = inject("isolated");

beforeAll(() => {
  setDefaultDevice("wasm");
});

describe("the page", () => {
  it("is isolated where it was served so", () => {
    expect(crossOriginIsolated).toBe(isolated);
    expect(typeof SharedArrayBuffer === "function").toBe(isolated);
  });
});

describe("the wasm device in a browser", () => {
  it("computes what is known", async () => {
    const a = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(await a.matmul(a).array()).toEqual([
      [7, 10],
      [15, 22],
    ]);
    expect(await arange(10).sum().item()).toBe(45);
    expect(await tensor([3, 1, 2]).sort().values.array()).toEqual([1, 2, 3]);
    const exponentials = await tensor([0, 1, -2]).exp().data();
    for (const [i, x] of [0, 1, -2].entries()) expect(exponentials[i]).toBeCloseTo(Math.exp(x), 6);
  });

  it("computes on a thread a core where the page is isolated, else on its own", async () => {
    const x = new Generator(1).normal([256, 256]).keep();
    await x.data();
    const profile = await profiled(() => x.matmul(x).sum().item());
    const threads = isolated ? Math.min(8, navigator.hardwareConcurrency) : 1;
    expect(Math.max(...profile.plans.map((plan) => plan.threads))).toBe(threads);
  });

  it("gives way to the page while it computes", async () => {
    const x = new Generator(1).normal([512, 512]).keep();
    await x.data();
    let turns = 0;
    const timer = setInterval(() => turns++, 4);
    let product = x;
    for (let i = 0; i < 8; i++) product = product.matmul(x).mul(0.05);
    await product.sum().item();
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });

  it("is closed with its workers, and another one begins", async () => {
    const device = setDefaultDevice(new Device("wasm", { threads: 2 }));
    const x = variable(zeros([4]), { name: "x" });
    x.assign(x.add(1));
    expect(await x.array()).toEqual([1, 1, 1, 1]);
    await device.close();
    await expect(x.add(1).array()).rejects.toThrow("closed");
    setDefaultDevice(new Device("wasm"));
    expect(await arange(4).sum().item()).toBe(6);
  });
});
