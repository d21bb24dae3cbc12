import type { DType, TypedArray } from "../dtype.ts";
import type { HostCall, Plan } from "./plan.ts";

/** What a backend can do in one kernel: the fuser stays within it. */
export interface Limits {
  /** Most buffers that a map or reduction may load from. */
  readonly maxInputs: number;
  /** Most stores of a map or reduction. */
  readonly maxOutputs: number;
  /** Whether a map may store to a buffer that it also loads, element by element. */
  readonly inPlace: boolean;
}

/** Memory that a backend holds for a variable, or a value. Only its backend looks inside. */
export interface Handle {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Bytes that it occupies on the backend. */
  readonly bytes: number;
}

/** What one run binds to a plan. */
export interface Bindings {
  /** Handles by `Plan.slots`. */
  readonly slots: readonly Handle[];
  /** Values of `Plan.numbers`. */
  readonly numbers: ArrayLike<number>;
  /** Callbacks of `HostStep.call`. */
  readonly hosts: readonly HostCall[];
  /** Where the run is profiled: told when each step ran. */
  readonly timeline?: Timeline | undefined;
}

/** Takes down when the steps of a run ran; times are `performance.now()` of the thread that calls `run`. */
export interface Timeline {
  /**
   * A thread came to a step of the plan (or one of its phases), began it when the others it waited for had come, and was
   * done. Each thread's come in order. Threads are numbered from 0; −1: the callback of a host step.
   */
  add(thread: number, step: number, came: number, began: number, done: number): void;
}

/** A plan compiled by a backend. */
export interface Program {
  /** Kernels newly generated for this plan (the others came from the cache). */
  readonly compiledKernels: number;
}

export interface MemoryStats {
  /** Bytes held by handles of variables. */
  readonly liveBytes: number;
  /** Bytes of the shared arena: the largest plan's. */
  readonly arenaBytes: number;
  /** Bytes of values that were uploaded for plans and kept for the next. */
  readonly cachedBytes: number;
}

/**
 * A device's engine. Plans run one at a time: `run` is called again only after the promise of the run before it is
 * settled. `run` and `compile` let the event loop live: they give way to it at least once in 16 ms of work.
 */
export interface Backend {
  readonly name: string;
  readonly limits: Limits;
  /** Whether kernels may compute in this dtype. */
  supports(dtype: DType): boolean;
  compile(plan: Plan): Promise<Program>;
  /** Runs the plan and returns its outputs as values. Rejects with `IndexOutOfRange` where a check failed. */
  run(program: Program, bindings: Bindings): Promise<Handle[]>;
  /** Resident storage for a variable; its contents are unspecified until a plan fills it. */
  allocate(dtype: DType, shape: readonly number[]): Handle;
  /** A value with the given contents (copied no later than the next run; not mutated by the caller until then). */
  value(data: TypedArray, dtype: DType, shape: readonly number[]): Handle;
  /** A copy of the contents. */
  read(handle: Handle): Promise<TypedArray>;
  /** Gives the handle's memory back. */
  free(handle: Handle): void;
  /** Forgets a program that the plan cache dropped. */
  drop(program: Program): void;
  memory(): MemoryStats;
  /** Ends workers and drops all memory. */
  close(): Promise<void>;
}

/** Thrown by `Backend.run`: the number of an entry of `Plan.checks` that failed. */
export class IndexOutOfRange extends Error {
  readonly check: number;

  constructor(check: number) {
    super(`a computed index is out of range (check ${check})`);
    this.name = "IndexOutOfRange";
    this.check = check;
  }
}
