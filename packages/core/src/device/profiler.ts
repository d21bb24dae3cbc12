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
