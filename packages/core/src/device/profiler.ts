import { builtin } from "../builtin.ts";
import type { Timeline } from "../plan/backend.ts";
import type { Plan } from "../plan/plan.ts";
import type { Device } from "./device.ts";

/** Who watches the devices at work: `@tsuki/core/profile`. Times are `performance.now()`. */
export interface Profiler {
  /** A device has done something since `began`: captured a graph, or compiled a plan. */
  span(device: Device, name: "capture" | "compile", began: number): void;
  /** A plan begins to run. */
  run(device: Device, plan: Plan): PlanRun;
}

/** A run that is watched. */
export interface PlanRun extends Timeline {
  /** It has come to its end; one that fails does not. */
  end(): void;
}

/** The profiler, while there is one. */
export let profiler: Profiler | null = null;

export function setProfiler(next: Profiler | null): void {
  profiler = next;
}

/** In Node the environment may ask for a profile of the whole process; resolves when that has begun. */
export async function profileIfAsked(): Promise<void> {
  if (builtin && process.env.TSUKI_PROFILE) await import("../profile/environment.ts");
}
