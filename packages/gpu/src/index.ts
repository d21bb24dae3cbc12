/**
 * Tsuki on GPU.js. Importing this package makes the device "gpujs" known: `setDefaultDevice("gpujs")`. Whole plans run
 * on it; so far GPU.js computes their matrix products, and core's reference backend the rest.
 */
import { DeviceError } from "@tsuki/core";
import { registerBackend } from "@tsuki/core/backend";
import { GpuBackend } from "./backend.ts";
import { startEngine } from "./mode.ts";
import { type GpuMode, gpuModes } from "./product.ts";

export type { GpuBackend, GpuMode };

export interface GpuOptions {
  /** How GPU.js computes; default "auto": `webgpu` where a hardware adapter answers, else `webasm`, else `cpu`. */
  readonly mode?: GpuMode | "auto";
  /** Threads in webasm mode; default: as many as the machine has cores. */
  readonly threads?: number;
}

/** How a gpujs device computes. */
export interface GpuStatus {
  /** The mode in which GPU.js really computes. */
  readonly mode: string;
  /** The WebGPU adapter, in its driver's words; null in the other modes. */
  readonly adapter: string | null;
  /** Why no better mode computes; null where the mode was named or is the best. */
  readonly fallbackReason: string | null;
}

let latest: GpuBackend | null = null;

/**
 * The gpujs backend, tried out in the mode that it reports.
 *
 * @throws DeviceError where the named mode is not to be had
 */
export async function createGpuBackend({ mode = "auto", threads }: GpuOptions = {}): Promise<GpuBackend> {
  latest = new GpuBackend(await startEngine(mode, threads));
  return latest;
}

/** How the gpujs device that was started last computes; null before one has run anything. */
export function gpuStatus(): GpuStatus | null {
  return latest && { mode: latest.mode, adapter: latest.adapter, fallbackReason: latest.fallbackReason };
}

/** @throws DeviceError where there is no such mode */
function modeNamed(name: string): GpuMode | "auto" {
  const modes = ["auto", ...gpuModes] as const;
  const mode = modes.find((known) => known === name);
  if (!mode) throw new DeviceError(`gpujs: unknown mode "${name}"; known: ${modes.join(", ")}`);
  return mode;
}

registerBackend("gpujs", ({ threads, mode = "auto" }) => createGpuBackend({ threads, mode: modeNamed(mode) }));
