import type { RunEvent, ValidationEvent } from "@tsuki/train";
import { eventsOf } from "./run-data.ts";

/** What a run took to a loss, as parts of what another one took to it. */
export interface Shares {
  readonly steps: number;
  readonly tokens: number;
  readonly seconds: number;
}

/** `"not comparable"`: the two were not validated on the same part of the set. */
export type SameLoss = Shares | "not reached" | "not comparable";

/**
 * How soon a run comes to the last validation loss of another, beside what that one took to it: steps after its last
 * validation do not count. Losses on the usual part are compared where both runs have some, as they are measured often,
 * else those on the whole set: losses on different parts do not compare. Between two validations the loss counts as straight.
 */
export function sameLoss(run: readonly RunEvent[], other: readonly RunEvent[]): SameLoss {
  const part = (["part", "whole"] as const).find((part) => [run, other].every((of) => lossesOn(part, of).length > 0));
  if (part === undefined) return "not comparable";
  const curve = lossesOn(part, run);
  const goal = lossesOn(part, other)[lossesOn(part, other).length - 1];
  if (goal.step === 0) return "not comparable";
  const place = curve.findIndex(({ loss }) => loss <= goal.loss);
  if (place < 0) return "not reached";
  const after = curve[place];
  const before = curve[place - 1] ?? after;
  const along = before === after ? 1 : (before.loss - goal.loss) / (before.loss - after.loss);
  const share = (key: "step" | "tokens" | "seconds"): number =>
    (before[key] + along * (after[key] - before[key])) / goal[key];
  return { steps: share("step"), tokens: share("tokens"), seconds: share("seconds") };
}

function lossesOn(part: ValidationEvent["part"], events: readonly RunEvent[]): readonly ValidationEvent[] {
  return eventsOf(events, "validation").filter((event) => event.part === part && Number.isFinite(event.loss));
}
