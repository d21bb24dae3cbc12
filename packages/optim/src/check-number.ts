import { ArgumentError } from "@tsuki/core";

/** Checks that a number is finite and ≥ 0, and < `below` where that is given. */
export function checkNumber(kind: string, name: string, value: number, below: number = Infinity): void {
  if (value >= 0 && value < below) return;
  const range = below === Infinity ? "a finite number ≥ 0" : `a number in [0, ${below})`;
  throw new ArgumentError(`${kind}: ${name} is ${range}, not ${value}`);
}
