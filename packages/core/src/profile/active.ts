import { type PlanRun, setProfiler } from "../device/profiler.ts";
import type { Recorder } from "./recorder.ts";

/** The recorders at work: a process that profiles itself may profile a part of itself too. */
const recorders = new Set<Recorder>();

export function start(recorder: Recorder): void {
  recorders.add(recorder);
  setProfiler({
    span(...what) {
      for (const each of recorders) each.span(...what);
    },
    run(...what): PlanRun {
      const runs = [...recorders].map((each) => each.run(...what));
      return {
        add(...event) {
          for (const run of runs) run.add(...event);
        },
        end() {
          for (const run of runs) run.end();
        },
      };
    },
  });
}

export function stop(recorder: Recorder): void {
  recorders.delete(recorder);
  if (recorders.size === 0) setProfiler(null);
}
