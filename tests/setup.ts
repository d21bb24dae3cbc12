import { configureGlobal } from "fast-check";

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
