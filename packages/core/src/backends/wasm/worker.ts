/** What the main thread tells a worker. */
export type WorkerMessage =
  | {
      readonly kind: "start";
      readonly memory: WebAssembly.Memory;
      readonly barrier: WebAssembly.Module;
      readonly thread: number;
      readonly threads: number;
      /** Loads for which a thread spins at a barrier before it sleeps. */
      readonly spin: number;
    }
  | { readonly kind: "install"; readonly module: WebAssembly.Module; readonly names: readonly string[] }
  | { readonly kind: "load"; readonly program: number; readonly segments: readonly Int32Array[] }
  | { readonly kind: "unload"; readonly program: number }
  | { readonly kind: "run"; readonly program: number; readonly segment: number; readonly timed: boolean };

/** What a worker answers to "run". */
export interface WorkerReply {
  /** The trap that stopped it, or `null`. */
  readonly error: string | null;
  /** The step of the plan that trapped. */
  readonly step: number;
  readonly thread: number;
  /** Where asked for: for each call the step of the plan, and when the thread came, began and was done. */
  readonly times: readonly number[];
  /** What these times count from. */
  readonly origin: number;
}

/**
 * The worker's program, as text and complete in itself: no bundler or loader can lose it. It calls the functions of a
 * segment in order, each with its argument block, its own number and the number of threads. After a trap it keeps
 * coming to the barriers, so that the others are not left waiting.
 */
export const workerSource = `"use strict";
const node = globalThis.process?.getBuiltinModule?.("node:worker_threads");
const port = node ? node.parentPort : globalThis;
const functions = [];
const programs = new Map();
let memory, wait, thread, threads, spin;
const handlers = {
  start(message) {
    ({ memory, thread, threads, spin } = message);
    wait = new WebAssembly.Instance(message.barrier, { env: { memory } }).exports.barrier;
  },
  install({ module, names }) {
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    for (const name of names) functions.push(exports[name]);
  },
  load({ program, segments }) {
    programs.set(program, segments);
  },
  unload({ program }) {
    programs.delete(program);
  },
  run({ program, segment, timed }) {
    const calls = programs.get(program)[segment];
    let error = null;
    let step = -1;
    const times = [];
    const now = timed ? () => performance.now() : () => 0;
    for (let at = 0; at < calls.length; at += 4) {
      const came = now();
      if (calls[at + 2]) wait(threads, spin);
      if (error !== null) continue;
      const began = calls[at + 2] ? now() : came;
      try {
        functions[calls[at]](calls[at + 1], thread, threads);
      } catch (trap) {
        error = String(trap);
        step = calls[at + 3];
      }
      if (timed) times.push(calls[at + 3], came, began, now());
    }
    port.postMessage({ error, step, thread, times, origin: performance.timeOrigin });
  },
};
const receive = (message) => handlers[message.kind](message);
if (node) port.on("message", receive);
else port.onmessage = (event) => receive(event.data);
`;
