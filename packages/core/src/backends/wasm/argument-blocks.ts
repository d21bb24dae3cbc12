/** The argument blocks of a program's calls: one stretch of memory, patched where a run binds other addresses. */
import type { Buffer } from "../../plan/plan.ts";
import { ERROR_WORD } from "./control.ts";
import type { Arg } from "./kernels/kernel.ts";

/** Words that hold a base address plus a constant. */
interface Patch {
  readonly words: number[];
  readonly offsets: number[];
  /** The base that the words were last written for. */
  base: number;
}

/** Where the parts of the memory are that words refer to. */
export interface Bases {
  readonly arena: number;
  readonly scratch: number;
  readonly slots: readonly number[];
}

export class ArgumentBlocks {
  readonly #words: number[] = [];
  readonly #numbers: number;
  readonly #buffers: readonly Buffer[];
  readonly #arena = newPatch();
  readonly #scratch = newPatch();
  readonly #slots: Patch[];
  /** Words that hold the address of a run-time number, by its slot. */
  readonly #ofNumbers = newPatch();

  constructor(buffers: readonly Buffer[], slots: number, numbers: number) {
    this.#buffers = buffers;
    this.#slots = Array.from({ length: slots }, newPatch);
    this.#numbers = numbers;
    // The run-time numbers lie in front, aligned as blocks are.
    this.#words.length = align(numbers);
    this.#words.fill(0);
  }

  /** Bytes of all blocks. */
  get bytes(): number {
    return 4 * this.#words.length;
  }

  /** Adds a block and returns its byte offset. `threadScratch` is where thread 0's part begins in the step's scratch. */
  add(args: readonly Arg[], threadScratch: number): number {
    const start = this.#words.length;
    args.forEach((arg, i) => {
      this.#words.push(this.#word(arg, start + i, threadScratch));
    });
    const end = align(this.#words.length);
    while (this.#words.length < end) this.#words.push(0);
    return 4 * start;
  }

  /** Writes all blocks to their place, counters too: also after a run that broke off. */
  write(memory: Int32Array, address: number): void {
    memory.set(this.#words);
    for (const patch of [this.#arena, this.#scratch, ...this.#slots, this.#ofNumbers]) patch.base = Number.NaN;
    bind(memory, this.#ofNumbers, address);
  }

  /** Writes what this run binds: the words of bases that have moved, and the numbers. */
  bind(memory: Int32Array, bases: Bases, numbers: ArrayLike<number>, isInt: readonly boolean[]): void {
    bind(memory, this.#arena, bases.arena);
    bind(memory, this.#scratch, bases.scratch);
    bases.slots.forEach((base, slot) => {
      bind(memory, this.#slots[slot], base);
    });
    const floats = new Float32Array(memory.buffer, memory.byteOffset, this.#numbers);
    for (let n = 0; n < this.#numbers; n++) {
      if (isInt[n]) memory[n] = numbers[n];
      else floats[n] = numbers[n];
    }
  }

  #word(arg: Arg, word: number, threadScratch: number): number {
    switch (arg.kind) {
      case "int":
        return arg.value | 0;
      case "error":
        return ERROR_WORD;
      case "counter":
        return 0;
      case "number":
        return defer(this.#ofNumbers, word, 4 * arg.slot);
      case "scratch":
        return defer(this.#scratch, word, arg.byteOffset + (arg.perThread ? threadScratch : 0));
      case "address": {
        const { source } = this.#buffers[arg.buffer];
        if (source.kind === "arena") return defer(this.#arena, word, source.offset + arg.byteOffset);
        return defer(this.#slots[source.slot], word, arg.byteOffset);
      }
    }
  }
}

function newPatch(): Patch {
  return { words: [], offsets: [], base: Number.NaN };
}

function defer(patch: Patch, word: number, offset: number): number {
  patch.words.push(word);
  patch.offsets.push(offset);
  return 0;
}

function bind(memory: Int32Array, patch: Patch, base: number): void {
  if (patch.base === base) return;
  patch.base = base;
  for (let i = 0; i < patch.words.length; i++) memory[patch.words[i]] = base + patch.offsets[i];
}

function align(words: number): number {
  return Math.ceil(words / 16) * 16;
}
