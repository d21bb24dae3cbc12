import { ArgumentError, shown } from "@tsuki/core";

/** Checks that a number is finite and ≥ 0, and < `below` where that is given. */
export function checkNumber(kind: string, name: string, value: number, below: number = Infinity): void {
  if (typeof value === "number" && value >= 0 && value < below) return;
  const range = below === Infinity ? "a finite number ≥ 0" : `a number in [0, ${below})`;
  throw new ArgumentError(`${kind}: ${name} is ${range}, not ${shown(value)}`);
}

/** Checks that a number counts something: whole, and at least `least`. */
export function checkCount(kind: string, name: string, value: number, least = 0): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new ArgumentError(`${kind}: ${name} is a whole number ≥ ${least}, not ${shown(value)}`);
}

/** Checks that a value is one of a few. */
export function checkChoice<T>(kind: string, name: string, value: T, choices: readonly T[]): void {
  if (choices.includes(value)) return;
  throw new ArgumentError(`${kind}: ${name} is ${choices.map(shown).join(" or ")}, not ${shown(value)}`);
}

/** The options that were given; `undefined` is none. */
export function given<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
