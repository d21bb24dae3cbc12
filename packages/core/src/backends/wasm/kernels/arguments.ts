import { type FunctionBuilder, i32, type Local } from "../emit/index.ts";
import type { Arg } from "./kernel.ts";

export type Words<Name extends string> = Readonly<Record<Name, Local<"i32">>>;

/** Names the first words of a kernel's argument block, for the side that fills them and the code that reads them. */
export class ArgumentBlock<Name extends string> {
  readonly #names: readonly Name[];

  constructor(names: readonly Name[]) {
    this.#names = names;
  }

  /** Bytes of the named words; what follows is the kernel's own. */
  get bytes(): number {
    return this.#names.length * 4;
  }

  /** The words in their order; a number stands for an `int`. */
  fill(words: Readonly<Record<Name, Arg | number>>): Arg[] {
    return this.#names.map((name) => {
      const word: Arg | number = words[name];
      return typeof word === "number" ? integer(word) : word;
    });
  }

  /** Loads every word into a local. */
  load(f: FunctionBuilder, address: Local<"i32">): Words<Name> {
    const entries = this.#names.map((name, index) => [name, f.let(i32.load(address, index * 4))]);
    return Object.fromEntries(entries) as Words<Name>;
  }
}

export function integer(value: number): Arg {
  return { kind: "int", value };
}
