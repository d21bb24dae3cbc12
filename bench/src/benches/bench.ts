import type { Command } from "../contestant.ts";
import type { Field } from "../field.ts";
import type { Row } from "../row.ts";

/** What a bench is given. */
export interface Setting {
  /** Few rounds of the smallest cases. */
  readonly quick: boolean;
  /** Threads of ours. */
  readonly threads: number;
  /** Peers that are here, as processes to be started. */
  readonly peers: readonly Command[];
  /** Starts processes, which end with the bench. */
  open(commands: readonly Command[]): Field;
  /** A folder for files that contestants share; it is removed at the end. */
  readonly folder: string;
  /** Prints a remark. */
  say(text: string): void;
}

export type Bench = (setting: Setting) => AsyncIterable<Row>;
