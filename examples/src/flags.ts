import { type CommonConfig, type Flags, flag, flagOf, values } from "@tsuki/train/node";

const { number, oneOf, whole } = values;

/** What every example can be told: each field is a flag. */
export interface CommonOptions extends CommonConfig {
  readonly seed: number;
}

/** Flags of the run itself. */
export const runFlags: Flags<Pick<CommonOptions, "seed" | "device" | "threads">> = {
  seed: flag("n", "seed of initial weights, data order and samples", whole(0, 2 ** 32 - 1), 1),
  device: flag("name", "wasm, or reference (slow: the plain-reading oracle)", oneOf("wasm", "reference"), "wasm"),
  threads: flag<number | null>("n", "threads that compute", whole(1, 64), { words: "one a core", from: () => null }),
};

type Pace = Pick<CommonOptions, "evalEvery" | "checkpointEvery" | "keep" | "logEvery">;

/** Flags of what is saved and shown on the way. */
export function paceFlags({ evalEvery, checkpointEvery, logEvery }: Omit<Pace, "keep">): Flags<Pace> {
  return {
    evalEvery: flag("n", "steps between validations", whole(1), evalEvery),
    checkpointEvery: flag("n", "steps between checkpoints", whole(1), checkpointEvery),
    keep: flag("n", "newest checkpoints that are kept", whole(1), 2),
    logEvery: flag("n", "steps between lines, where no terminal shows a bar", whole(1), logEvery),
  };
}

/** What may be said anew where a run goes on: it changes no bit. */
export const free = ["threads", "checkpointEvery", "keep", "logEvery"] as const;

export const positive: (text: string) => number = number("> 0", (x) => x > 0);
export const notNegative: (text: string) => number = number("≥ 0", (x) => x >= 0);

/** The flags that say a config. */
export function flagsOf(config: object): string[] {
  return Object.entries(config).flatMap(([field, value]) => (value === null ? [] : [flagOf(field), String(value)]));
}
