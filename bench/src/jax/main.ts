/** jax-js as a contestant. Argument: its threads; 1 is what it has in Node. */
import { CannotError, type Prepare } from "../protocol.ts";
import { serve } from "../serve.ts";
import { shimWorkers } from "./threads.ts";

const threads = Number(process.argv[2]);
if (threads > 1) shimWorkers(threads);

// It looks for threads when it is loaded.
const { defaultDevice, init } = await import("@jax-js/jax");
const { prepareMatmul } = await import("./matmul.ts");
const { prepareTraining } = await import("./training.ts");
await init("wasm");
defaultDevice("wasm");

const prepare: Prepare = (workload) => {
  if (workload.kind === "matmul") return prepareMatmul(workload);
  if (workload.kind === "training") return prepareTraining(workload);
  throw new CannotError(workload.kind);
};

await serve({ prepare });
