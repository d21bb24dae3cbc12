import { present } from "../../invariant.ts";
import type { Engine } from "./engine.ts";
import type { Executor } from "./executor.ts";
import type { KernelCode } from "./kernels/kernel.ts";

/** Bytes of code after which a module is compiled: some milliseconds, even where the cores are busy. */
const MODULE_BYTES = 1 << 13;

/** The machine code of all kernels, by key; new ones are compiled in modules of some kernels each. */
export class KernelLibrary {
  readonly #engine: Engine;
  readonly #executor: Executor;
  readonly #numbers = new Map<string, number>();
  #installed = 0;

  constructor(engine: Engine, executor: Executor) {
    this.#engine = engine;
    this.#executor = executor;
  }

  /** Number of the function. */
  numberOf(code: KernelCode): number {
    return present(this.#numbers.get(code.key));
  }

  /** Compiles what is not there yet, and gives way after every module; the number of kernels compiled. */
  async add(codes: Iterable<KernelCode>, giveWay: () => Promise<void>): Promise<number> {
    const wanted = new Map<string, KernelCode>();
    for (const code of codes) if (!this.#numbers.has(code.key)) wanted.set(code.key, code);
    const missing = [...wanted.values()];
    for (let first = 0; first < missing.length; ) {
      const module = this.#engine.module();
      const from = first;
      while (first < missing.length && module.codeBytes < MODULE_BYTES) missing[first++].emit(module);
      const compiled = this.#engine.compile(module);
      const ready = compiled instanceof WebAssembly.Module ? compiled : await compiled;
      this.#install(ready, missing.slice(from, first));
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
