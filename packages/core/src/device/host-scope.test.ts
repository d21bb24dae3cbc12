import { expect, it } from "vitest";
import { Device, DeviceError, realize, setDefaultDevice, tensor, variable } from "../index.ts";
import { callback, hostCall } from "../tensor/host.ts";
import "../backends/reference/index.ts";

it("a host step that asks its own device for a value is an error, before and after an await", async () => {
  setDefaultDevice(new Device("reference"));
  const w = variable(tensor([1, 2]), { name: "w" });
  for (const ask of [
    () => w.array(),
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      await realize(w.mul(2));
    },
  ]) {
    await realize();
    callback([w], ask);
    const error = await realize().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DeviceError);
    expect(String(error)).toMatch(/host step asks for values of "reference"/);
  }
  expect(await w.array()).toEqual([1, 2]);
});

it("it may ask another device, record what runs later, and others may ask meanwhile", async () => {
  const device = setDefaultDevice(new Device("reference"));
  const w = variable(tensor([1, 2]));
  await realize();
  const other = setDefaultDevice(new Device("reference"));
  const v = variable(tensor([10, 20]));
  setDefaultDevice(device);
  const count = variable(tensor(0));
  let later: Promise<unknown> | undefined;
  const [sum] = hostCall([w], [{ shape: [2], dtype: "float32" }], async ([values]) => {
    const theirs = await v.data();
    count.assign(count.add(1));
    // When the step is over, what it started may go on.
    later = new Promise((resolve) => setTimeout(resolve, 20)).then(() => count.item());
    return [Float32Array.from(values, (value, i) => value + theirs[i])];
  });
  const both = await Promise.all([sum.array(), w.add(1).array()]);
  expect(both).toEqual([
    [11, 22],
    [2, 3],
  ]);
  expect(await later).toBe(1);
  await other.close();
});
