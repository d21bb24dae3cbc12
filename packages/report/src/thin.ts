import type { ExpertsEvent, RunEvent, StepEvent } from "@tsuki/train";
import { eventsOf, type RunData } from "./run-data.ts";

/** What a step measured. */
export type StepValues = Omit<StepEvent, "kind" | "step" | "tokens" | "seconds">;

/** Steps in a row as one: the moment of the last of them, and the means of their values. */
export interface StepGroup extends StepEvent {
  readonly group: {
    readonly steps: number;
    /** The lowest of each value. */
    readonly low: StepValues;
    readonly high: StepValues;
  };
}

/** How many events of a kind a page holds at most. */
export interface Limits {
  readonly steps: number;
  readonly experts: number;
  readonly samples: number;
}

/** As many steps as the widest chart has pixels; about a megabyte. */
export const usualLimits: Limits = { steps: 1500, experts: 80, samples: 100 };

export function isGroup(step: StepEvent): step is StepGroup {
  return "group" in step;
}

/**
 * A long run with fewer events, so that its page stays small. Beyond the limits steps become groups of equally many, and so do
 * loads of experts: no value is left out of the means, nor of the lowest and the highest. Samples: every nth. The last event of
 * each kind stays as it is, and so do all validations; a run within the limits is returned itself.
 */
export function thin(run: RunData, limits: Limits = usualLimits): RunData {
  const steps = eventsOf(run.events, "step");
  const experts = eventsOf(run.events, "experts");
  const samples = eventsOf(run.events, "sample");
  const thinned = {
    steps: groupSize(steps.length, limits.steps),
    experts: groupSize(experts.length, limits.experts),
    samples: groupSize(samples.length, limits.samples),
  };
  if (Object.values(thinned).every((size) => size === 1)) return run;
  const events: RunEvent[] = [
    ...merged(steps, thinned.steps, groupOfSteps),
    ...eventsOf(run.events, "validation"),
    ...merged(experts, thinned.experts, meanLoad),
    ...merged(samples, thinned.samples, (group) => group[0]),
  ];
  return { ...run, events: events.sort((a, b) => a.step - b.step), thinned };
}

/** So that at most `most` are left with the last one, which is in no group. */
function groupSize(events: number, most: number): number {
  return events <= most ? 1 : Math.ceil((events - 1) / (most - 1));
}

function merged<T>(events: readonly T[], size: number, merge: (group: readonly T[]) => T): readonly T[] {
  if (size === 1) return events;
  const end = events.length - 1;
  const groups = Array.from({ length: Math.ceil(end / size) }, (_, i) =>
    events.slice(i * size, Math.min((i + 1) * size, end)),
  );
  return [...groups.map(merge), events[end]];
}

function groupOfSteps(steps: readonly StepEvent[]): StepGroup {
  const { step, tokens, seconds } = steps[steps.length - 1];
  const group = { steps: steps.length, low: over(steps, least), high: over(steps, greatest) };
  return { kind: "step", step, tokens, seconds, ...over(steps, mean), group };
}

function over(steps: readonly StepEvent[], combine: (values: readonly number[]) => number): StepValues {
  const all = (valueOf: (step: StepEvent) => number | undefined): number =>
    short(combine(steps.map(valueOf).filter((value): value is number => Number.isFinite(value))));
  const named = (part: "metrics" | "updateRms"): object => {
    const names = new Set(steps.flatMap((step) => Object.keys(step[part] ?? {})));
    if (names.size === 0) return {};
    return { [part]: Object.fromEntries([...names].map((name) => [name, all((step) => step[part]?.[name])])) };
  };
  return {
    loss: all(({ loss }) => loss),
    lr: all(({ lr }) => lr),
    gradNorm: all(({ gradNorm }) => gradNorm),
    tokensPerSecond: all(({ tokensPerSecond }) => tokensPerSecond),
    ...named("metrics"),
    ...named("updateRms"),
  };
}

function meanLoad(events: readonly ExpertsEvent[]): ExpertsEvent {
  const last = events[events.length - 1];
  const load = last.load.map((row, layer) =>
    row.map((_, expert) => short(mean(events.map((event) => event.load[layer]?.[expert] ?? 0)))),
  );
  return { ...last, load };
}

/** Six digits, as exact as a float32 or nearly so. */
function short(value: number): number {
  return Number(value.toPrecision(6));
}

/** NaN of none. */
function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function least(values: readonly number[]): number {
  return values.reduce((low, value) => Math.min(low, value), values[0] ?? Number.NaN);
}

function greatest(values: readonly number[]): number {
  return values.reduce((high, value) => Math.max(high, value), values[0] ?? Number.NaN);
}
