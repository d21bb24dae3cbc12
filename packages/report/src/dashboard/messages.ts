import type { RunEvent } from "@tsuki/train";
import type { RunRecord } from "../read-run.ts";

/** Where the page of a dashboard hears what happens. */
export const streamPath = "/events";

/**
 * What a dashboard sends to its page, as server-sent events named by their key. A connection begins with `runs`; then come the
 * events so far, `state`, and what follows. `runs` once more: forget all, everything comes anew.
 */
export interface Messages {
  readonly runs: readonly RunRecord[];
  readonly events: { readonly run: number; readonly events: readonly RunEvent[] };
  readonly state: State;
  /** Why the events of a run cannot be read. */
  readonly failure: string;
}

/** Whether a process trains in one of the folders. */
export type State = "live" | "ended";
