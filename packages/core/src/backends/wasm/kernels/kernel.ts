import type { Module } from "../emit/index.ts";
import type { Tile } from "./tile.ts";

/** One 32-bit word of a kernel's argument block. */
export type Arg =
  /** A number that the plan fixes (an extent, a stride); wraps to 32 bits. */
  | { readonly kind: "int"; readonly value: number }
  /** The address of a byte of one of the plan's buffers. `byteOffset` may be anywhere where strides are negative. */
  | { readonly kind: "address"; readonly buffer: number; readonly byteOffset: number }
  /** The address of a byte of the step's scratch: the part that all threads share, or thread 0's own part. */
  | { readonly kind: "scratch"; readonly byteOffset: number; readonly perThread?: boolean }
  /** The address of the word that holds a run-time number: entry `slot` of `Plan.numbers`. */
  | { readonly kind: "number"; readonly slot: number }
  /** The address of the word in which the first failed check is written, as its number + 1; 0 before. */
  | { readonly kind: "error" }
  /** A word of the block itself, 0 before and after each call, from which concurrent threads take units of work. */
  | { readonly kind: "counter" };

/** Machine code that depends on structure alone: shapes, strides and addresses come as arguments. */
export interface KernelCode {
  /** Names the code among all codes, and is the name under which it is exported. */
  readonly key: string;
  /** Adds the function `(args: i32, thread: i32, threads: i32) -> ()`. */
  emit(module: Module): void;
}

/** A kernel with the words of its argument block. */
export interface KernelCall {
  readonly code: KernelCode;
  readonly args: readonly Arg[];
}

/**
 * What a step of a plan becomes: calls that every thread makes in order, with a barrier after each. Every thread takes
 * its share of the work from its number; the result's bits are the same at any number of threads.
 */
export interface Launch {
  readonly phases: readonly KernelCall[];
  /** Bytes of scratch, 64-byte aligned, that all threads share. */
  readonly sharedScratch: number;
  /** Bytes of scratch of each thread, a multiple of 64; thread t's part lies t times as many bytes after thread 0's. */
  readonly threadScratch: number;
}

/** Choices for the whole engine, made once at start-up. */
export interface KernelOptions {
  /** Whether the engine has relaxed SIMD: multiply-adds are then contracted. */
  readonly relaxed: boolean;
  /** Whether the threads run at the same time, so that they may take work from a shared counter. */
  readonly concurrent: boolean;
  /** The tile of the matrix products. */
  readonly tile: Tile;
}

/** A launch of nothing: some extent is 0. */
export const nothing: Launch = { phases: [], sharedScratch: 0, threadScratch: 0 };

/** A launch of one call. */
export function onePhase(call: KernelCall, scratch: Partial<Omit<Launch, "phases">> = {}): Launch {
  return { phases: [call], sharedScratch: 0, threadScratch: 0, ...scratch };
}

/** Parameters of every kernel. */
export const kernelParameters = { args: "i32", thread: "i32", threads: "i32" } as const;
