import type { Workload } from "./workloads.ts";

/** What a contestant is told, a JSON object a line; it answers each with one. */
export type Request =
  | { readonly do: "prepare"; readonly workload: Workload }
  | { readonly do: "round"; readonly round: RoundOptions }
  | { readonly do: "memory" };

export interface RoundOptions {
  /** Seconds of work before the clock starts: threads that slept are awake then. */
  readonly warm: number;
  /** Seconds after which no further repetition begins. */
  readonly seconds: number;
}

export type Answer =
  | { readonly ok: Readonly<Record<string, number>> }
  /** A workload that this contestant has no way to do. */
  | { readonly cannot: string }
  | { readonly error: string };

/** A workload that can be repeated. */
export interface Prepared {
  /** What came out while it was prepared. */
  readonly facts?: Readonly<Record<string, number>>;
  /** One repetition, to its end. */
  run(): Promise<void> | void;
  /** Gives back what it holds. */
  release?(): Promise<void> | void;
}

export type Prepare = (workload: Workload) => Promise<Prepared> | Prepared;

/** Thrown by `Prepare` where a contestant has no way to do a workload. */
export class CannotError extends Error {}
