import { ArgumentError } from "@tsuki/core";

/** How far `at` is on the way from `start` to `end`, within [0, 1]. */
export function fraction(at: number, start: number, end: number): number {
  return at >= end ? 1 : (at - start) / (end - start);
}

/** A value between two, which it is exactly at t = 0 and t = 1. */
export function line(from: number, to: number, t: number): number {
  return t === 1 ? to : from + (to - from) * t;
}

/** Half a cosine from 0 to 1. */
export function halfCosine(t: number): number {
  return (1 - Math.cos(Math.PI * t)) / 2;
}

/** Checks that the boundaries of a schedule come one after another. */
export function checkRising(schedule: string, bounds: Readonly<Record<string, number>>): void {
  const entries = Object.entries(bounds);
  for (const [i, [name, value]] of entries.entries()) {
    if (i === 0 || (Number.isFinite(value) && value >= entries[i - 1][1])) continue;
    throw new ArgumentError(`${schedule}: ${name} is ${value}, which is not at or after ${entries[i - 1].join(" ")}`);
  }
}
