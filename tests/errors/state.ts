import {
  arange,
  callback,
  Device,
  defaultDevice,
  fromData,
  hostCall,
  keep,
  ones,
  parameter,
  readAll,
  realize,
  scope,
  setDefaultDevice,
  tensor,
  type Variable,
  variable,
  zeros,
} from "@tsuki/core";
import "@tsuki/core/reference";
import { registerBackend } from "@tsuki/core/backend";
import { profiled } from "@tsuki/core/profile";
import "@tsuki/gpu";
import { type Cases, wrong } from "./collect.ts";

const x = ones([2, 3]);
const v = (): Variable => variable(x, { name: "cache" });

/** What a device does on its own; it is closed then. */
async function on<T>(name: string, body: (device: Device) => T | Promise<T>, options = { threads: 0 }): Promise<void> {
  const outer = defaultDevice();
  const device = new Device(name, options);
  setDefaultDevice(device);
  try {
    await body(device);
  } finally {
    setDefaultDevice(outer);
    await device.close();
  }
}

export const variables: Cases = {
  "v.assign(ones([3]))": () => v().assign(ones([3])),
  "v.assign(arange(6).reshape([2, 3]))": () => v().assign(arange(6).reshape([2, 3])),
  "v.assign([1])": () => v().assign(wrong([1])),
  "v.assign(undefined)": () => v().assign(wrong(undefined)),
  "int32 v.assign(0.5)": () => variable(arange(3), { name: "count" }).assign(0.5),
  "v.assign(a value of another device)": () =>
    on("reference", () => {
      const other = v();
      return on("reference", () => v().assign(other.mul(2)));
    }),
  "v.add(a variable of another device)": () =>
    on("reference", () => {
      const other = v();
      return on("reference", () => v().add(other));
    }),
  "a disposed variable is read": () => {
    const cache = v();
    cache.dispose();
    cache.add(1);
  },
  "w.grad after an optimizer consumed it": () => {
    const w = parameter(x, { name: "w" });
    w.sum().backward();
    const { grad } = w;
    w.zeroGrad();
    grad?.read();
  },
  "a value built before the variable was overwritten": async () => {
    const cache = v();
    const y = scope("model.layers.0", () => cache.mul(2));
    cache.assign(zeros([2, 3]));
    await realize();
    await y.data();
  },
  "a variable whose plan failed": async () => {
    const table = variable(tensor([7], { dtype: "int32" }));
    const cache = v();
    cache.assign(x.take(table.add(0)).expand([2, 3]));
    await realize().catch(() => {});
    await cache.data();
  },
  "a value whose plan failed is used again": async () => {
    const y = x.take(variable(tensor([7], { dtype: "int32" })).add(0));
    await realize(y).catch(() => {});
    await y.add(1).data();
  },
  "a backward after its graph was released": async () => {
    const w = parameter(x, { name: "w" });
    const y = scope("model.head", () => w.square());
    y.sum().backward();
    await y.data();
    y.sum().backward();
  },
};

export const reading: Cases = {
  "ones([2, 3]).item()": () => x.item(),
  "keep([1])": () => keep(wrong([1])),
  "realize([1])": () => realize(wrong([1])),
  "readAll({ a: [1] })": () => readAll({ a: wrong([1]) }),
  "float64 on wasm": () => zeros([2], { dtype: "float64" }).add(1).data(),
  "a float64 variable on wasm": () =>
    variable(zeros([2], { dtype: "float64" }))
      .add(1)
      .data(),
  "a float64 file on wasm": () =>
    scope("head", () => fromData({ dtype: "float64", shape: [1], data: Float64Array.of(1) }).exp()).data(),
  "a computed index out of range, in a module": () =>
    scope("model.embed", () => x.take(variable(tensor([7], { dtype: "int32" })).add(0))).data(),
  "hostCall with a bfloat16 result": () => hostCall([x], [{ shape: [1], dtype: "bfloat16" }], (c) => c),
  "hostCall([[1]])": () => hostCall(wrong([[1]]), [], () => []),
  "hostCall that gives too few results": () => hostCall([x], [{ shape: [6], dtype: "float32" }], () => [])[0].data(),
  "hostCall that gives a wrong size": () =>
    hostCall([x], [{ shape: [2], dtype: "float32" }], () => [new Float32Array(3)])[0].data(),
  "hostCall that gives a wrong type": () =>
    hostCall([x], [{ shape: [2], dtype: "float32" }], () => [new Int32Array(2)])[0].data(),
  "callback that reads a value of its own device": async () => {
    const cache = v();
    callback([x], () => cache.data());
    await realize();
  },
  "callback that throws": async () => {
    callback([x], () => {
      throw new Error("the host's own message");
    });
    await realize();
  },
};

export const devices: Cases = {
  'setDefaultDevice("cuda")': () => setDefaultDevice("cuda"),
  "setDefaultDevice(undefined)": () => setDefaultDevice(wrong(undefined)),
  'new Device("cuda"), used': () => on("cuda", () => ones([1]).data()),
  'new Device("wasm", { threads: -1 }), used': () => on("wasm", () => ones([1]).data(), { threads: -1 }),
  'new Device("wasm", { threads: 1000 }), used': () => on("wasm", () => ones([1]).data(), { threads: 1000 }),
  'new Device("reference", { threads: 1.5 }), used': () => on("reference", () => ones([1]).data(), { threads: 1.5 }),
  'new Device("gpujs", { mode: "cuda" }), used': () => on("gpujs", () => ones([1]).data(), wrong({ mode: "cuda" })),
  "profiled(work, { devices })": () => profiled(() => {}, wrong({ devices: [] })),
  "profiled(work, a device)": () => profiled(() => {}, wrong(defaultDevice())),
  "a closed wasm device": () =>
    on("wasm", async (device) => {
      await ones([1]).add(1).data();
      await device.close();
      await ones([1]).add(2).data();
    }),
  "a closed reference device": () =>
    on("reference", async (device) => {
      await ones([1]).add(1).data();
      await device.close();
      await ones([1]).add(2).data();
    }),
  "v.assign(a value that another device has computed)": () =>
    on("reference", async () => {
      const y = x.mul(2);
      await realize(y);
      await on("reference", async () => {
        v().assign(y);
        await realize();
      });
    }),
  "8 GiB on wasm": () => on("wasm", () => variable(zeros([2 ** 31])).data()),
  "a backend that fails to start": () => {
    registerBackend("broken", () => Promise.reject(new Error("no such hardware")));
    return on("broken", () => ones([1]).data());
  },
  "float64 on gpujs": () => on("gpujs", () => zeros([2], { dtype: "float64" }).add(1).data(), wrong({ mode: "cpu" })),
  "a value of another device that was not read": () =>
    on("reference", async () => {
      const y = x.mul(2);
      await realize(y);
      await on("reference", () => v().add(y).data());
    }),
};
