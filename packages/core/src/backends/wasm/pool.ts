/** Worker threads that each run the whole program, with barriers between dependent kernels. */
import { builtin } from "../../builtin.ts";
import { DeviceError } from "../../errors.ts";
import type { Timeline } from "../../plan/backend.ts";
import type { Call, Executor } from "./executor.ts";
import type { WorkerMessage, WorkerReply } from "./worker.ts";
import { workerSource } from "./worker.ts";

/** A worker of Node or of a browser. */
interface Thread {
  post(message: WorkerMessage): void;
  /** Whether it keeps the process alive. */
  hold(alive: boolean): void;
  end(): Promise<void>;
}

type Listener = { reply(reply: WorkerReply): void; died(reason: string): void };

interface PoolOptions {
  readonly memory: WebAssembly.Memory;
  readonly barrier: WebAssembly.Module;
  readonly threads: number;
}

interface Waiting {
  left: number;
  resolve: () => void;
  reject: (error: Error) => void;
  trap: string | null;
  readonly timeline: Timeline | undefined;
}

const SPIN = 10_000;
const notStarted = "they did not start; a page's Content-Security-Policy must have blob: in its worker-src";

/** Cores of the machine, as far as the engine says. */
export function coreCount(): number {
  return builtin ? builtin("node:os").availableParallelism() : (globalThis.navigator?.hardwareConcurrency ?? 1);
}

export class Pool implements Executor {
  readonly #threads: Thread[];
  #waiting: Waiting | null = null;
  #dead: string | null = null;

  constructor({ memory, barrier, threads }: PoolOptions) {
    const listener: Listener = {
      reply: (reply) => this.#reply(reply),
      died: (reason) => this.#died(reason),
    };
    this.#threads = Array.from({ length: threads }, () => startThread(listener));
    const spin = threads <= coreCount() ? SPIN : 0;
    this.#threads.forEach((worker, thread) => {
      worker.post({ kind: "start", memory, barrier, thread, threads, spin });
    });
  }

  threadsFor(): number {
    return this.#threads.length;
  }

  install(module: WebAssembly.Module, names: readonly string[]): void {
    this.#post({ kind: "install", module, names });
  }

  load(program: number, segments: readonly (readonly Call[])[]): void {
    const packed = segments.map((calls) =>
      Int32Array.from(calls.flatMap((call) => [call.function, call.args, call.barrier ? 1 : 0, call.step])),
    );
    this.#post({ kind: "load", program, segments: packed });
  }

  unload(program: number): void {
    this.#post({ kind: "unload", program });
  }

  run(program: number, segment: number, timeline?: Timeline): Promise<void> {
    if (this.#dead !== null) return Promise.reject(new DeviceError(`wasm: the workers are gone: ${this.#dead}`));
    return new Promise((resolve, reject) => {
      this.#waiting = { left: this.#threads.length, resolve, reject, trap: null, timeline };
      for (const thread of this.#threads) thread.hold(true);
      this.#post({ kind: "run", program, segment, timed: timeline !== undefined });
    });
  }

  async close(): Promise<void> {
    this.#died("the device was closed");
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }

  #post(message: WorkerMessage): void {
    for (const thread of this.#threads) thread.post(message);
  }

  #reply({ error, step, thread, times, origin }: WorkerReply): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    if (error !== null) waiting.trap ??= `wasm: step ${step} of the plan failed: ${error}`;
    const later = origin - performance.timeOrigin;
    for (let at = 0; at < times.length; at += 4) {
      const [came, began, done] = times.slice(at + 1, at + 4).map((time) => time + later);
      waiting.timeline?.add(thread, times[at], came, began, done);
    }
    if (--waiting.left > 0) return;
    this.#settle();
    if (waiting.trap === null) waiting.resolve();
    else waiting.reject(new DeviceError(waiting.trap));
  }

  #died(reason: string): void {
    this.#dead ??= reason;
    const waiting = this.#waiting;
    // Without a run nobody is held; a thread that is being ended must stay so.
    if (!waiting) return;
    this.#settle();
    waiting.reject(new DeviceError(`wasm: a worker ended while a plan ran: ${reason}`));
  }

  #settle(): void {
    this.#waiting = null;
    for (const thread of this.#threads) thread.hold(false);
  }
}

function startThread(listener: Listener): Thread {
  if (builtin) {
    const { Worker } = builtin("node:worker_threads");
    // Loaders and flags of the main thread are not for this self-contained script.
    const worker = new Worker(workerSource, { eval: true, execArgv: [] });
    worker.on("message", listener.reply);
    worker.on("error", (error) => listener.died(String(error)));
    worker.on("exit", (code) => listener.died(`exit code ${code}`));
    worker.unref();
    return {
      post: (message) => worker.postMessage(message),
      hold: (alive) => (alive ? worker.ref() : worker.unref()),
      end: async () => {
        // A process that waits for this must not end before.
        worker.ref();
        await worker.terminate();
      },
    };
  }
  const url = URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
  const worker = new Worker(url);
  worker.onmessage = (event: MessageEvent<WorkerReply>) => listener.reply(event.data);
  // What may not even start has no message.
  worker.onerror = ({ message = notStarted }) => listener.died(message);
  return {
    post: (message) => worker.postMessage(message),
    hold: () => {},
    end: async () => {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}
