import fc from "fast-check";
import { expect, test } from "vitest";
import { HostGenerator } from "./random.ts";
import { sample } from "./sample.ts";

const logits = fc
  .array(fc.oneof(fc.float({ min: -20, max: 20, noNaN: true }), fc.constantFrom(0, 1, Number.NEGATIVE_INFINITY)), {
    minLength: 1,
    maxLength: 40,
  })
  .filter((values) => values.some(Number.isFinite))
  .map((values) => Float32Array.from(values));
const seeds = fc.nat();

/** Tokens by falling logit, equal ones by rising token. */
function ranked(values: Float32Array): number[] {
  return [...values.keys()].sort((a, b) => values[b] - values[a] || a - b);
}

test("greedy takes the largest logit, the lowest token of equals, and draws nothing", () => {
  fc.assert(
    fc.property(logits, seeds, (values, seed) => {
      const generator = new HostGenerator(seed);
      const best = values.indexOf(Math.max(...values));
      expect(sample(values, generator, { temperature: 0 })).toBe(best);
      expect(generator.state().counter).toBe(0);
      expect(sample(values, generator, { topK: 1 })).toBe(best);
    }),
  );
});

test("only tokens of the k largest finite logits are drawn, and the same ones for the same seed", () => {
  const options = fc.record({ topK: fc.integer({ min: 1, max: 50 }), temperature: fc.constantFrom(0.1, 1, 5) });
  fc.assert(
    fc.property(logits, seeds, options, (values, seed, { topK, temperature }) => {
      const draw = (): number[] => {
        const generator = new HostGenerator(seed);
        return Array.from({ length: 20 }, () => sample(values, generator, { topK, temperature }));
      };
      const tokens = draw();
      const allowed = ranked(values).slice(0, topK);
      expect(tokens.every((token) => allowed.includes(token) && Number.isFinite(values[token]))).toBe(true);
      expect(draw()).toEqual(tokens);
    }),
  );
});

test("frequencies are softmax(logits / temperature) over the chosen", () => {
  const values = Float32Array.of(1, -1, 0.5, 2, 0.5);
  const n = 20_000;
  for (const { temperature, topK } of [
    { temperature: 1, topK: 5 },
    { temperature: 0.5, topK: 3 },
    { temperature: 3, topK: 9 },
  ]) {
    const chosen = new Set(ranked(values).slice(0, topK));
    const weights = Array.from(values, (logit, token) => (chosen.has(token) ? Math.exp(logit / temperature) : 0));
    const total = weights.reduce((a, b) => a + b);
    const counts = new Array<number>(values.length).fill(0);
    const generator = new HostGenerator(1);
    for (let i = 0; i < n; i++) counts[sample(values, generator, { temperature, topK })]++;
    for (const [token, count] of counts.entries()) {
      const p = weights[token] / total;
      expect(Math.abs(count - n * p)).toBeLessThanOrEqual(5 * Math.sqrt(n * p * (1 - p)));
    }
  }
});

test("logits of any size do not overflow", () => {
  const generator = new HostGenerator(1);
  expect(sample(Float32Array.of(-3e38, 3e38, 0), generator)).toBe(1);
  expect(sample(Float64Array.of(1e308, 9e307), generator, { temperature: 1e-3 })).toBe(0);
});

test("what is no distribution is an error", () => {
  const generator = new HostGenerator(1);
  expect(() => sample(Float32Array.of(1, Number.NaN), generator)).toThrow("the logit of token 1 is NaN");
  expect(() => sample(Float32Array.of(Number.POSITIVE_INFINITY), generator)).toThrow(
    "the logit of token 0 is Infinity",
  );
  expect(() => sample(new Float32Array(3).fill(Number.NEGATIVE_INFINITY), generator)).toThrow(
    "none of the 3 logits is finite",
  );
  expect(() => sample(Float32Array.of(), generator)).toThrow("none of the 0 logits is finite");
  for (const temperature of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => sample(Float32Array.of(1), generator, { temperature })).toThrow(
      `the temperature is a finite number ≥ 0, not ${temperature}`,
    );
  }
  for (const topK of [0, 1.5]) {
    expect(() => sample(Float32Array.of(1), generator, { topK })).toThrow(`topK is a whole number ≥ 1, not ${topK}`);
  }
});
