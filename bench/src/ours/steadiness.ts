import { stats } from "@tsuki/core";
import type { Prepared } from "../protocol.ts";
import type { SteadinessWork } from "../workloads.ts";
import { openTraining } from "./training.ts";

/** Bytes of variables after some steps, and after many. Facts: `early`, `late`. */
export async function prepareSteadiness({ training, early, late }: SteadinessWork): Promise<Prepared> {
  const { step } = await openTraining(training);
  const bytesAt = new Map<number, number>();
  for (let done = 1; done <= late; done++) {
    await step();
    bytesAt.set(done, stats().liveBytes);
  }
  return {
    facts: { early: bytesAt.get(early) ?? 0, late: bytesAt.get(late) ?? 0 },
    run: async () => void (await step()),
  };
}
