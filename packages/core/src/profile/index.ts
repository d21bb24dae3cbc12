/** Where the time goes: time, arithmetic, bytes and rates of every kernel, and a trace to look at. */
import type { Device } from "../device/device.ts";
import { checkOptions } from "../ops/build.ts";
import { start, stop } from "./active.ts";
import { type Profile, profileOf } from "./profile.ts";
import { Recorder } from "./recorder.ts";

export { type FormatOptions, formatProfile } from "./format.ts";
export type { KernelProfile, PlanProfile, Profile } from "./profile.ts";
export type { Trace, TraceEvent } from "./trace.ts";
export { writeTrace } from "./write.ts";

export interface ProfileOptions {
  /** The device to watch; default: all. */
  readonly device?: Device;
}

/**
 * Profiles what runs on devices until `work` is done. Only runs that begin and end meanwhile count: await them in `work`,
 * and let a first step go before, which compiles.
 */
export async function profiled(work: () => unknown, options: ProfileOptions = {}): Promise<Profile> {
  checkOptions("profiled", options, "device");
  const recorder = new Recorder(options.device);
  start(recorder);
  try {
    await work();
  } finally {
    stop(recorder);
  }
  return profileOf(recorder);
}
