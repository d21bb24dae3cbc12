import { name, sized, unsigned, vector } from "./bytes.ts";
import type { ParameterLocals, Parameters } from "./function.ts";
import { FunctionBuilder, typeCodes } from "./function.ts";
import type { ValueType } from "./value.ts";

/** The memory that a module imports as `env.memory`; extents in pages of 64 KiB. */
export interface MemoryImport {
  readonly minimum: number;
  readonly maximum: number;
  readonly shared: boolean;
}

export interface ModuleOptions {
  readonly memory: MemoryImport;
  /**
   * Text for the custom section `nonce`. Engines cache machine code by a module's bytes: whatever changes the code that
   * they should make of the same instructions (flags) belongs in here.
   */
  readonly nonce?: string;
}

/** A WebAssembly module under construction: it imports one memory and exports functions. */
export class Module {
  readonly #memory: MemoryImport;
  readonly #nonce: string;
  readonly #types: string[] = [];
  readonly #signatures: number[][] = [];
  readonly #functions: { readonly name: string; readonly type: number; readonly code: readonly number[] }[] = [];

  constructor({ memory, nonce = "" }: ModuleOptions) {
    this.#memory = memory;
    this.#nonce = nonce;
  }

  /** Bytes of the functions so far. */
  get codeBytes(): number {
    return this.#functions.reduce((bytes, f) => bytes + f.code.length, 0);
  }

  /** Adds an exported function and writes its body. With `result`, every path ends in `f.return(value)`. */
  export<P extends Parameters>(
    functionName: string,
    parameters: P,
    body: (f: FunctionBuilder, parameters: ParameterLocals<P>) => void,
    result?: ValueType,
  ): void {
    const types = Object.values(parameters);
    const f = new FunctionBuilder(types);
    body(f, f.parameters(parameters));
    if (result) f.unreachable();
    const type = this.#typeOf(types, result ? [result] : []);
    this.#functions.push({ name: functionName, type, code: f.toBytes() });
  }

  toBytes(): Uint8Array<ArrayBuffer> {
    const { minimum, maximum, shared } = this.#memory;
    const memory = [
      ...name("env"),
      ...name("memory"),
      0x02,
      shared ? 0x03 : 0x01,
      ...unsigned(minimum),
      ...unsigned(maximum),
    ];
    return Uint8Array.from(
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00].concat(
        section(0, [...name("nonce"), ...new TextEncoder().encode(this.#nonce)]),
        section(1, vector(this.#signatures)),
        section(2, vector([memory])),
        section(3, vector(this.#functions.map((f) => unsigned(f.type)))),
        section(7, vector(this.#functions.map((f, index) => [...name(f.name), 0x00, ...unsigned(index)]))),
        section(10, vector(this.#functions.map((f) => f.code))),
      ),
    );
  }

  #typeOf(parameters: readonly ValueType[], results: readonly ValueType[]): number {
    const key = `${parameters}>${results}`;
    const known = this.#types.indexOf(key);
    if (known >= 0) return known;
    const codes = (types: readonly ValueType[]): number[] => vector(types.map((type) => [typeCodes[type]]));
    this.#signatures.push([0x60, ...codes(parameters), ...codes(results)]);
    return this.#types.push(key) - 1;
  }
}

function section(id: number, contents: readonly number[]): number[] {
  return [id, ...sized(contents)];
}
