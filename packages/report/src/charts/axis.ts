import type { RunEvent } from "@tsuki/train";
import type { Axis } from "./chart.ts";

/** Where an event lies, and how that axis is written. */
export interface Scale {
  readonly label: string;
  readonly tickFormat: (place: number) => string;
  readonly placeOf: (event: Pick<RunEvent, "step" | "tokens" | "seconds">) => number;
}

/** `1.5K`, `2M`. */
export function short(value: number): string {
  return value.toLocaleString("en", { notation: "compact", maximumSignificantDigits: 3 });
}

const units = [
  { name: "seconds", seconds: 1 },
  { name: "minutes", seconds: 60 },
  { name: "hours", seconds: 3600 },
  { name: "days", seconds: 86_400 },
] as const;

/** @param events All that is to be drawn: the unit of time follows from the longest. */
export function scaleOf(axis: Axis, events: readonly Pick<RunEvent, "seconds">[]): Scale {
  if (axis === "steps") return { label: "steps", tickFormat: short, placeOf: ({ step }) => step };
  if (axis === "tokens") return { label: "tokens", tickFormat: short, placeOf: ({ tokens }) => tokens };
  const longest = events.reduce((most, { seconds }) => Math.max(most, seconds), 0);
  const unit = units.findLast(({ seconds }) => longest >= 3 * seconds) ?? units[0];
  return { label: unit.name, tickFormat: short, placeOf: ({ seconds }) => seconds / unit.seconds };
}
