import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Worker } from "node:worker_threads";

/**
 * TensorFlow.js leaves threads off in Node: its workers are scripts at blob: URLs, which Node's `Worker` does not take.
 * Here blobs get files as their URLs, and a worker the file that its module is made by.
 */
export function shimWorkers(): void {
  const folder = mkdtempSync(join(tmpdir(), "tsuki-bench-tfjs-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  let files = 0;

  class SourceBlob extends Blob {
    readonly file: string = join(folder, `${files++}.cjs`);

    constructor(parts: string[], options?: BlobPropertyBag) {
      super(parts, options);
      writeFileSync(this.file, parts.join(""));
    }
  }

  const { resolve } = createRequire(import.meta.url);
  const main = dirname(resolve("@tensorflow/tfjs-backend-wasm"));
  const factory = join(main, "..", "wasm-out", "tfjs-backend-wasm-threaded-simd.js");
  // CommonJS, as TensorFlow.js loads it, so that it can be replaced.
  const threads = createRequire(import.meta.url)("node:worker_threads") as { Worker: typeof Worker };
  threads.Worker = class extends threads.Worker {
    override postMessage(message: Record<string, unknown>, transfer?: never): void {
      const { urlOrBlob } = message;
      super.postMessage(urlOrBlob ? { ...message, urlOrBlob: factory } : message, transfer);
    }
  };
  URL.createObjectURL = (blob) => (blob as SourceBlob).file;
  URL.revokeObjectURL = () => {};
  Object.assign(globalThis, { Blob: SourceBlob });
}
