import fc from "fast-check";
import { expect, it } from "vitest";
import { entropies } from "./entropy.ts";
import { readCorpus } from "./text.ts";

it("equal frequencies: log n, and what precedes tells all in a cycle", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 256 }), fc.integer({ min: 2, max: 20 }), (n, rounds) => {
      const { unigram, bigram } = entropies(Uint8Array.from({ length: n * rounds }, (_, place) => place % n));
      expect(unigram).toBeCloseTo(Math.log(n), 12);
      expect(bigram).toBeCloseTo(0, 12);
    }),
  );
});

it("a byte of context never hurts", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 2, maxLength: 200, max: 3 }), (text) => {
      // The frequencies of what follows something: those of all but the first byte.
      expect(entropies(text).bigram).toBeLessThanOrEqual(entropies(text.subarray(1)).unigram + 1e-12);
    }),
  );
});

it("the validation text has 3.092 and 2.372 nats per byte", () => {
  const { unigram, bigram } = entropies(readCorpus().validation);
  expect(unigram).toBeCloseTo(3.0919, 4);
  expect(bigram).toBeCloseTo(2.3721, 4);
});
