import { ArgumentError } from "@tsuki/core";
import { configRanges } from "./config.ts";

/** @throws ArgumentError that names a size of a module which is no whole number ≥ 1, or no list of such numbers */
export function checkSizes(name: string, sizes: Readonly<Record<string, number | readonly number[]>>): void {
  const { count } = configRanges;
  for (const [key, size] of Object.entries(sizes)) {
    if ([size].flat().every(count.holds)) continue;
    throw new ArgumentError(`${name}: ${key} is ${count.name}, not ${size}`);
  }
}
