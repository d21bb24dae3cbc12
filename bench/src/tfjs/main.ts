/** TensorFlow.js, its WebAssembly backend, as a contestant. Argument: its threads; 1 is what it has in Node. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { CannotError, type Prepare } from "../protocol.ts";
import { serve } from "../serve.ts";
import { prepareMatmul } from "./matmul.ts";
import { shimWorkers } from "./threads.ts";
import { prepareTraining } from "./training.ts";

const threads = Number(process.argv[2]);
if (threads > 1) shimWorkers();

const { setThreadsCount, setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
const require = createRequire(import.meta.url);
// Only the bundle of all of TensorFlow.js registers gradients itself. The registry is the process's.
require("@tensorflow/tfjs-core/dist/register_all_gradients.js");
setWasmPaths(join(dirname(require.resolve("@tensorflow/tfjs-backend-wasm")), "/"));
if (threads > 1) {
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", true);
  setThreadsCount(threads);
}
await tf.setBackend("wasm");

const prepare: Prepare = (workload) => {
  if (workload.kind === "matmul") return prepareMatmul(workload);
  if (workload.kind === "training") return prepareTraining(workload);
  throw new CannotError(workload.kind);
};

await serve({ prepare });
