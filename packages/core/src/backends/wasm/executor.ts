import type { Timeline } from "../../plan/backend.ts";

/** A call of a segment: which function, with which argument block. */
export interface Call {
  readonly function: number;
  readonly args: number;
  /** The step of the plan of which it is a phase. */
  readonly step: number;
  /** Whether all threads wait for each other before it. */
  readonly barrier: boolean;
  /** Rough time on one thread, in nanoseconds. */
  readonly work: number;
}

/** Runs segments of programs on one or more threads. */
export interface Executor {
  /** How many threads, real or imagined, share a call of so much work. */
  threadsFor(work: number): number;
  /** Makes the functions of a module callable; they are numbered on from those installed before. */
  install(module: WebAssembly.Module, names: readonly string[]): void;
  /** Makes a program known by its id. */
  load(program: number, segments: readonly (readonly Call[])[]): void;
  unload(program: number): void;
  /** Runs a segment; rejects where a kernel trapped or a worker died. At least one macrotask passes. */
  run(program: number, segment: number, timeline?: Timeline): Promise<void>;
  close(): Promise<void>;
}
