import { HostGenerator } from "@tsuki/nn";
import fc from "fast-check";
import { expect, test } from "vitest";
import { below, permutation } from "./shuffle.ts";

test("a permutation has every number once, and follows from the generator", () => {
  fc.assert(
    fc.property(fc.nat(200), fc.maxSafeNat(), (length, seed) => {
      const order = permutation(length, new HostGenerator(seed));
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, index) => index));
      expect(permutation(length, new HostGenerator(seed))).toEqual(order);
    }),
  );
});

test("permutations of three are equally likely", () => {
  const random = new HostGenerator(1);
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = String(permutation(3, random));
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  // Each 1,000 ± 29.
  expect([...counts.values()].filter((count) => Math.abs(count - 1000) < 150).length).toBe(6);
});

test("numbers below n, also where one random number has too few bits", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 32 }), fc.maxSafeNat(), (n, seed) => {
      const random = new HostGenerator(seed);
      for (let i = 0; i < 10; i++) expect(below(n, random)).toSatisfy((x: number) => x >= 0 && x < n && x % 1 === 0);
    }),
  );
  const random = new HostGenerator(1);
  const drawn = Array.from({ length: 100 }, () => below(2 ** 32, random));
  expect(drawn.filter((x) => x % 256 === 0).length).toBeLessThan(5);
});
