import type { Timeline } from "../../plan/backend.ts";
import type { Call, Executor } from "./executor.ts";

/** Nanoseconds of work, by a rough estimate, in which no other thread would have woken up and answered. */
const SMALL = 50_000;

/**
 * Runs small segments on the calling thread and all others on a pool of threads that share its memory. The calling thread
 * instantiates modules when it first has something to run.
 */
export class InlineSmall implements Executor {
  readonly #pool: Executor;
  readonly #inline: Executor;
  readonly #small = new Map<number, readonly boolean[]>();
  /** Modules that only the pool has so far. */
  #modules: (readonly [WebAssembly.Module, readonly string[]])[] = [];

  constructor(pool: Executor, inline: Executor) {
    this.#pool = pool;
    this.#inline = inline;
  }

  threadsFor(work: number): number {
    return this.#pool.threadsFor(work);
  }

  install(module: WebAssembly.Module, names: readonly string[]): void {
    this.#pool.install(module, names);
    this.#modules.push([module, names]);
  }

  load(program: number, segments: readonly (readonly Call[])[]): void {
    const small = segments.map(isSmall);
    this.#small.set(program, small);
    this.#inline.load(
      program,
      segments.map((calls, segment) => (small[segment] ? calls : [])),
    );
    this.#pool.load(program, segments);
  }

  unload(program: number): void {
    this.#small.delete(program);
    this.#inline.unload(program);
    this.#pool.unload(program);
  }

  run(program: number, segment: number, timeline?: Timeline): Promise<void> {
    if (!this.#small.get(program)?.[segment]) return this.#pool.run(program, segment, timeline);
    for (const [module, names] of this.#modules) this.#inline.install(module, names);
    this.#modules = [];
    return this.#inline.run(program, segment, timeline);
  }

  async close(): Promise<void> {
    await Promise.all([this.#inline.close(), this.#pool.close()]);
  }
}

function isSmall(calls: readonly Call[]): boolean {
  return calls.reduce((sum, { work }) => sum + work, 0) <= SMALL;
}
