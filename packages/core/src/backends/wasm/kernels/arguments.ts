import { type FunctionBuilder, i32, type Local, type Value } from "../emit/index.ts";
import { type Arg, type KernelCall, kernelParameters } from "./kernel.ts";

/** The first words of a kernel's argument block, in the order in which they lie; a number stands for an `int`. */
export type Block<Name extends string> = Readonly<Record<Name, Arg | number>>;

/** The same words as the kernel's code has them. */
export type Words<Name extends string> = Readonly<Record<Name, Local<"i32">>>;

/** What the code has besides. */
export interface Surroundings<Name extends string = string> {
  readonly thread: Local<"i32">;
  readonly threads: Local<"i32">;
  /** Address of a named word. */
  readonly addressOf: (name: Name) => Value<"i32">;
  /** Address of what follows the named words. */
  readonly rest: Value<"i32">;
}

/**
 * A call of the kernel `key`. Its code is written only where the key is new, for all calls with this key: their blocks have
 * the same names in the same order. `rest` follows the named words.
 */
export function kernelCall<Name extends string>(
  key: string,
  block: Block<Name>,
  write: (f: FunctionBuilder, words: Words<Name>, surroundings: Surroundings<Name>) => void,
  rest: readonly Arg[] = [],
): KernelCall {
  const names = Object.keys(block) as Name[];
  const emit: KernelCall["code"]["emit"] = (module) =>
    module.export(key, kernelParameters, (f, { args, ...parameters }) => {
      const words = names.map((name, index) => [name, f.let(i32.load(args, index * 4))]);
      const addressOf = (name: Name): Value<"i32"> => i32.add(args, names.indexOf(name) * 4);
      const rest = i32.add(args, names.length * 4);
      write(f, Object.fromEntries(words) as Words<Name>, { ...parameters, addressOf, rest });
    });
  const named = names.map((name): Arg => {
    const word: Arg | number = block[name];
    return typeof word === "number" ? integer(word) : word;
  });
  return { code: { key, emit }, args: [...named, ...rest] };
}

export function integer(value: number): Arg {
  return { kind: "int", value };
}
