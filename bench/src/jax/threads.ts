import { Worker as NodeWorker } from "node:worker_threads";

/**
 * jax-js starts threads where there is a global `Worker` that takes blob: URLs, which Node has not: this is one, as far as
 * jax-js needs it.
 *
 * @param threads As many workers are started.
 */
export function shimWorkers(threads: number): void {
  const sources = new Map<string, string>();

  class SourceBlob extends Blob {
    readonly source: string;

    constructor(parts: string[], options?: BlobPropertyBag) {
      super(parts, options);
      this.source = parts.join("");
    }
  }

  class WebWorker {
    onmessage: ((event: { data: unknown }) => void) | null = null;
    onerror: ((error: Error) => void) | null = null;
    readonly #worker: NodeWorker;

    constructor(url: string) {
      this.#worker = new NodeWorker(prelude + sources.get(url), { eval: true });
      this.#worker.on("message", (data) => this.onmessage?.({ data }));
      this.#worker.on("error", (error) => this.onerror?.(error as Error));
    }

    postMessage(data: unknown): void {
      this.#worker.postMessage(data);
    }
  }

  URL.createObjectURL = (blob) => {
    const url = `blob:${sources.size}`;
    sources.set(url, (blob as SourceBlob).source);
    return url;
  };
  URL.revokeObjectURL = () => {};
  Object.assign(globalThis, { Blob: SourceBlob, Worker: WebWorker });
  Object.defineProperty(globalThis.navigator, "hardwareConcurrency", { value: threads });
}

/** What a script in a page's worker finds. */
const prelude = `
const { parentPort } = require("node:worker_threads");
globalThis.self = globalThis;
globalThis.postMessage = (data) => parentPort.postMessage(data);
parentPort.on("message", (data) => globalThis.onmessage({ data }));
`;
