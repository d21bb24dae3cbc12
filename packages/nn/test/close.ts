import { expect } from "vitest";

/** Fails where an entry is further from the expected one than `tolerance` times the larger of 1 and the largest entry. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const values = Array.from(expected);
  const scale = Math.max(1, ...values.map(Math.abs));
  const worst = values.findIndex((value, i) => !(Math.abs(actual[i] - value) <= tolerance * scale));
  if (worst >= 0) expect.fail(`entry ${worst} is ${actual[worst]}, expected ${values[worst]} ± ${tolerance * scale}`);
}
