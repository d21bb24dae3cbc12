import { ArgumentError, shown } from "@tsuki/core";

/** @throws ArgumentError for what is no whole number, or below `least`; it names the call and its option. */
export function checkWhole(op: string, name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new ArgumentError(`${op}: ${name} is a whole number ≥ ${least}, not ${shown(value)}`);
}

/** @throws ArgumentError for another way to end. */
export function checkLast(op: string, last: "drop" | "pad"): void {
  if (last === "drop" || last === "pad") return;
  throw new ArgumentError(`${op}: last is "drop" or "pad", not ${shown(last)}`);
}
