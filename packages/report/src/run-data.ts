import type { RunEvent, StepEvent, ValidationEvent } from "@tsuki/train";

/** A run as its folder tells it. Plain data. */
export interface RunData {
  /** Of its folder. */
  readonly name: string;
  /** Which program trained. */
  readonly program: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, unknown>>;
  /** In the order of `metrics.jsonl`. */
  readonly events: readonly RunEvent[];
  /** For how many of its kind an event stands, where there were too many for a page; 1: for itself. */
  readonly thinned?: { readonly steps: number; readonly experts: number; readonly samples: number };
}

/** Events of one kind. */
export function eventsOf<K extends RunEvent["kind"]>(
  events: readonly RunEvent[],
  kind: K,
): readonly Extract<RunEvent, { kind: K }>[] {
  return events.filter((event): event is Extract<RunEvent, { kind: K }> => event.kind === kind);
}

/** What a run came to. A field is missing where the run has no such event. */
export interface Summary {
  readonly last?: StepEvent;
  /** Over the whole validation set where that was read, else over the usual part. */
  readonly validation?: ValidationEvent;
  readonly best?: ValidationEvent;
  /** The middle one of the steps' values. */
  readonly tokensPerSecond?: number;
}

export function summarize(events: readonly RunEvent[]): Summary {
  const steps = eventsOf(events, "step");
  const validations = eventsOf(events, "validation");
  const speeds = steps.map((step) => step.tokensPerSecond).sort((a, b) => a - b);
  return {
    last: steps.at(-1),
    validation: validations.findLast(({ part }) => part === "whole") ?? validations.at(-1),
    best: validationCurve(events)
      .filter(({ loss }) => Number.isFinite(loss))
      .reduce<ValidationEvent | undefined>(
        (best, event) => (best && best.loss <= event.loss ? best : event),
        undefined,
      ),
    tokensPerSecond: speeds[speeds.length >> 1],
  };
}

/** The validations that compare with each other: those of the usual part, or all of them where none is. */
export function validationCurve(events: readonly RunEvent[]): readonly ValidationEvent[] {
  const all = eventsOf(events, "validation");
  const parts = all.filter(({ part }) => part === "part");
  return parts.length > 0 ? parts : all;
}

/** Plain data as one level of keys with dots, such as `schedule.warmup`. */
export function flatten(data: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const entries = Object.entries(data).flatMap(([key, value]): [string, string][] =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.entries(flatten(value as Record<string, unknown>)).map(([rest, text]) => [`${key}.${rest}`, text])
      : [[key, typeof value === "string" ? value : JSON.stringify(value)]],
  );
  return Object.fromEntries(entries);
}
