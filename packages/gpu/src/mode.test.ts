import { DeviceError, setDefaultDevice, tensor } from "@tsuki/core";
import { expect, test } from "vitest";
import { PlanBuilder } from "../../core/test/conformance/index.ts";
import { noWebGpu } from "../test/modes.ts";
import { findAdapter } from "./adapter.ts";
import { createGpuBackend, gpuStatus } from "./index.ts";

const hardware = await findAdapter().then(
  ({ software }) => !software,
  () => false,
);

test.each(["webasm", "cpu"] as const)("mode %s, where it is named, is the one that runs", async (mode) => {
  const backend = await createGpuBackend({ mode });
  expect(backend.mode).toBe(mode);
  expect(backend.adapter).toBeNull();
  expect(gpuStatus()).toEqual({ mode, adapter: null, fallbackReason: null });
  await backend.close();
});

test.skipIf(noWebGpu)(`webgpu, where it is named, is the one that runs${reason(noWebGpu)}`, async () => {
  const backend = await createGpuBackend({ mode: "webgpu" });
  expect(backend.mode).toBe("webgpu");
  expect(backend.adapter).not.toBeNull();
  await backend.close();
});

test.runIf(noWebGpu)("webgpu that is named and not there is an error that says why", async () => {
  await expect(createGpuBackend({ mode: "webgpu" })).rejects.toThrow(DeviceError);
  await expect(createGpuBackend({ mode: "webgpu" })).rejects.toThrow(/no mode "webgpu" here: \S/);
});

test.runIf(hardware)("auto takes a hardware adapter", async () => {
  const backend = await createGpuBackend();
  expect(backend.mode).toBe("webgpu");
  expect(backend.fallbackReason).toBeNull();
  await backend.close();
});

test.skipIf(hardware)("auto computes as webasm where no hardware adapter answers, and says why", async () => {
  const backend = await createGpuBackend();
  expect(backend.mode).toBe("webasm");
  expect(backend.adapter).toBeNull();
  expect(gpuStatus()?.fallbackReason).toMatch(/^webgpu: \S/);
  await backend.close();
});

test("an unknown mode is an error that names the known ones", async () => {
  const device = setDefaultDevice("gpujs", { mode: "webgl" });
  await expect(tensor([1]).add(1).data()).rejects.toThrow(/unknown mode "webgl"; known: auto, webgpu, webasm, cpu/);
  await device.close();
});

test("float64 is refused", async () => {
  const backend = await createGpuBackend({ mode: "cpu" });
  expect(backend.supports("float64")).toBe(false);
  expect(backend.supports("float32")).toBe(true);
  const { plan } = new PlanBuilder()
    .step({ kind: "host", label: "", call: 0, inputs: [], outputs: [] })
    .build("", "bits");
  const buffers = [{ dtype: "float64", size: 1, source: { kind: "arena", offset: 0 }, memory: 0 }] as const;
  await expect(backend.compile({ ...plan, buffers })).rejects.toThrow(/gpujs: float64/);
  expect(() => backend.allocate("float64", [1])).toThrow(/gpujs: float64/);
  await backend.close();
  expect(() => backend.allocate("float32", [1])).toThrow("gpujs: the device is closed");
});

function reason(text: string | null): string {
  return text ? `, skipped: ${text}` : "";
}
