import { configureGlobal } from "fast-check";
import { afterEach } from "vitest";

const { TSUKI_FUZZ_RUNS: runs, TSUKI_SEED: seed } = process.env;

/**
 * Property tests try the same 25 examples on every run. CI looks further by TSUKI_FUZZ_RUNS and TSUKI_SEED: then a
 * slow property ends early, after five seconds. A failure prints its seed.
 */
configureGlobal({
  numRuns: runs === undefined ? 25 : Number(runs),
  seed: seed === undefined ? 20250224 : Number(seed),
  ...(runs !== undefined && { interruptAfterTimeLimit: 5_000 }),
});

/** A property that ends early leaves its last example running: the next test waits until the device is quiet. */
if (runs !== undefined) {
  afterEach(async () => {
    const { stats } = await import("@tsuki/core");
    let before = -1;
    while (stats().plansRun !== before) {
      before = stats().plansRun;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
}
