import type { Engine } from "./engine.ts";
import type { Executor } from "./executor.ts";
import type { KernelCode } from "./kernels/kernel.ts";

/** Compilation should block for about this many milliseconds at a time. */
const BLOCKING = 8;

/** The machine code of all kernels, by key; new ones are compiled in modules of some kernels each. */
export class KernelLibrary {
  readonly #engine: Engine;
  readonly #executor: Executor;
  readonly #numbers = new Map<string, number>();
  #installed = 0;
  /** Kernels per module: follows from how long the last one took. */
  #batch = 4;

  constructor(engine: Engine, executor: Executor) {
    this.#engine = engine;
    this.#executor = executor;
  }

  /** Number of the function. */
  numberOf(code: KernelCode): number {
    const number = this.#numbers.get(code.key);
    if (number === undefined) throw new Error(`wasm: kernel ${code.key} was not compiled`);
    return number;
  }

  /** Compiles what is not there yet, and gives way after every module; the number of kernels compiled. */
  async add(codes: Iterable<KernelCode>, giveWay: () => Promise<void>): Promise<number> {
    const wanted = new Map<string, KernelCode>();
    for (const code of codes) if (!this.#numbers.has(code.key)) wanted.set(code.key, code);
    const missing = [...wanted.values()];
    for (let first = 0; first < missing.length; ) {
      const batch = missing.slice(first, first + this.#batch);
      const since = performance.now();
      const module = this.#engine.module();
      for (const code of batch) code.emit(module);
      const compiled = this.#engine.compile(module);
      this.#install(compiled instanceof WebAssembly.Module ? compiled : await compiled, batch);
      const took = performance.now() - since;
      first += batch.length;
      if (took > BLOCKING) this.#batch = Math.max(1, this.#batch >> 1);
      else if (took < BLOCKING / 3) this.#batch = Math.min(32, this.#batch * 2);
      await giveWay();
    }
    return missing.length;
  }

  #install(module: WebAssembly.Module, codes: readonly KernelCode[]): void {
    const names = codes.map((code) => code.key);
    this.#executor.install(module, names);
    for (const name of names) this.#numbers.set(name, this.#installed++);
  }
}
