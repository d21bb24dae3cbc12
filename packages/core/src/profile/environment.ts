/**
 * Imported where TSUKI_PROFILE is set: profiles the process until it ends, then prints the table on stderr and writes the
 * trace to the path that TSUKI_PROFILE holds, or to `tsuki-trace.json` where it holds `1`.
 */
import { start } from "./active.ts";
import { formatProfile } from "./format.ts";
import { profileOf } from "./profile.ts";
import { Recorder } from "./recorder.ts";
import { writeTrace } from "./write.ts";

const { TSUKI_PROFILE = "1" } = process.env;
const path = TSUKI_PROFILE === "1" ? "tsuki-trace.json" : TSUKI_PROFILE;
const recorder = new Recorder();
start(recorder);

process.once("exit", () => {
  const profile = profileOf(recorder);
  if (profile.plans.length === 0) return;
  process.stderr.write(`${formatProfile(profile)}\n\n`);
  writeTrace(path, profile);
  process.stderr.write(`trace: ${path} (open it at https://ui.perfetto.dev)\n`);
});
