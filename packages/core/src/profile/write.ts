import { builtin } from "../builtin.ts";
import { DeviceError } from "../errors.ts";
import type { Profile } from "./profile.ts";

/**
 * Writes the trace of a profile to a file, which https://ui.perfetto.dev and chrome://tracing open.
 *
 * @throws DeviceError where there are no files: in browsers
 */
export function writeTrace(path: string, { trace }: Profile): void {
  if (!builtin) throw new DeviceError("writeTrace: there are no files here; offer JSON.stringify(profile.trace)");
  builtin("node:fs").writeFileSync(path, JSON.stringify(trace));
}
