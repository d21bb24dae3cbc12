import { type Command, Contestant, ContestantError } from "./contestant.ts";
import type { RoundOptions } from "./protocol.ts";
import type { Workload } from "./workloads.ts";

export interface Pace extends RoundOptions {
  readonly rounds: number;
}

/** What came out of the rounds of one workload, by contestant. */
export interface Trial {
  /** Seconds of a repetition, a number a round. */
  readonly seconds: ReadonlyMap<string, readonly number[]>;
  readonly facts: ReadonlyMap<string, Readonly<Record<string, number>>>;
}

/** What other contestants than the rest do, by their names. */
export interface Exceptions {
  /** Workloads of their own. */
  readonly special?: Readonly<Record<string, Workload>>;
  /** Those that do not take part. */
  readonly skip?: readonly string[];
}

/** Repetitions of more seconds are slow: they are repeated in the first rounds alone, without warming up. */
const slow = 2;
const slowRounds = 2;

/** Processes that stay alive from workload to workload; only one of them computes at any time. */
export class Field {
  readonly #contestants: Contestant[];
  readonly #say: (text: string) => void;

  constructor(commands: readonly Command[], say: (text: string) => void) {
    this.#contestants = commands.map((command) => new Contestant(command));
    this.#say = say;
  }

  /** Sets up a workload with each contestant that can do it, and then lets them take turns: all once a round. */
  async run(workload: Workload, pace: Pace, { special = {}, skip = [] }: Exceptions = {}): Promise<Trial> {
    const facts = new Map<string, Readonly<Record<string, number>>>();
    for (const contestant of this.#contestants) {
      if (skip.includes(contestant.name)) continue;
      const own = special[contestant.name] ?? workload;
      const came = await this.#try(() => contestant.prepare(own));
      if (came) facts.set(contestant.name, came);
    }
    return { facts, seconds: await this.#rounds(new Set(facts.keys()), pace) };
  }

  /** Bytes that the last workload has taken at most, by contestant. */
  async memory(trial: Trial): Promise<ReadonlyMap<string, number>> {
    const bytes = new Map<string, number>();
    for (const contestant of this.#contestants) {
      if (trial.seconds.has(contestant.name)) bytes.set(contestant.name, await contestant.memory());
    }
    return bytes;
  }

  close(): void {
    for (const contestant of this.#contestants) contestant.close();
  }

  async #rounds(names: Set<string>, { rounds, warm, seconds }: Pace): Promise<Map<string, readonly number[]>> {
    const all = new Map<string, readonly number[]>([...names].map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const contestant of this.#contestants) {
        const own = all.get(contestant.name);
        if (!own) continue;
        const isSlow = own.length > 0 && own[0] > slow;
        if (isSlow && round >= slowRounds) continue;
        const time = await this.#try(() => contestant.round({ warm: isSlow ? 0 : warm, seconds }));
        if (time === null) all.delete(contestant.name);
        else all.set(contestant.name, [...own, time]);
      }
    }
    return all;
  }

  /** What a peer fails at is left out, and said. */
  async #try<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ContestantError)) throw error;
      this.#say(error.message);
      return null;
    }
  }
}
