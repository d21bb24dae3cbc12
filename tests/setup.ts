import { configureGlobal } from "fast-check";
import { afterEach } from "vitest";
import type { WasmOptions } from "../packages/core/src/backends/wasm/index.ts";

const { TSUKI_FUZZ_RUNS: runs, TSUKI_SEED: seed, TSUKI_WASM: wasm } = process.env;

/**
 * CI runs the tests of the wasm device once more with other settings, whatever threads a test asks for:
 * TSUKI_WASM='{"threads":3,"deterministic":true,"pairs":false}'.
 */
if (wasm !== undefined) {
  const { createWasmBackend } = await import("../packages/core/src/backends/wasm/index.ts");
  const { registerBackend } = await import("../packages/core/src/device/registry.ts");
  await import("@tsuki/core");
  // Most plans of tests are small: the threads are to be tested with them.
  const settings: WasmOptions = { smallInline: false, ...JSON.parse(wasm) };
  registerBackend("wasm", (options) => createWasmBackend({ ...options, ...(options.threads !== 0 && settings) }));
}

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
