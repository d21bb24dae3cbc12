import { DeviceError } from "../../errors.ts";
import type { Timeline } from "../../plan/backend.ts";
import { Pace } from "../../plan/pace.ts";
import type { Call, Executor } from "./executor.ts";

type KernelFunction = (args: number, thread: number, threads: number) => void;

/** Nanoseconds of work in one call, by a rough estimate. */
const PIECE = 4e6;
const MOST_PIECES = 64;

/**
 * Runs programs on the calling thread, where memory cannot be shared. A long kernel is called once for each of several
 * imagined threads, so that the event loop gets its turns in between.
 */
export class Inline implements Executor {
  readonly #memory: WebAssembly.Memory;
  readonly #functions: KernelFunction[] = [];
  readonly #programs = new Map<number, readonly (readonly Call[])[]>();
  #closed = false;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  threadsFor(work: number): number {
    return Math.min(MOST_PIECES, Math.ceil(work / PIECE) || 1);
  }

  install(module: WebAssembly.Module, names: readonly string[]): void {
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    for (const name of names) this.#functions.push(exports[name] as KernelFunction);
  }

  load(program: number, segments: readonly (readonly Call[])[]): void {
    this.#programs.set(program, segments);
  }

  unload(program: number): void {
    this.#programs.delete(program);
  }

  async run(program: number, segment: number, timeline?: Timeline): Promise<void> {
    const pace = new Pace();
    await pace.giveWay();
    await pace.through(this.#pieces(this.#programs.get(program)?.[segment] ?? [], timeline));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#programs.clear();
  }

  *#pieces(calls: readonly Call[], timeline?: Timeline): Generator<void> {
    for (const call of calls) {
      const pieces = this.threadsFor(call.work);
      for (let piece = 0; piece < pieces; piece++) {
        if (this.#closed) throw new DeviceError("wasm: the device was closed while a plan ran");
        const began = performance.now();
        try {
          this.#functions[call.function](call.args, piece, pieces);
        } catch (error) {
          throw new DeviceError(`wasm: step ${call.step} of the plan failed: ${error}`);
        }
        timeline?.add(0, call.step, began, began, performance.now());
        yield;
      }
    }
  }
}
