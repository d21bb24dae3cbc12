import { Generator, readAll, stats, type Tensor, tensor } from "@tsuki/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { candidates, type SampleOptions, type SampleTokensOptions, sampleTokens } from "./sample.ts";

const [rows, vocabulary] = [4, 12];

/** Logits with ties, and some that are −∞. */
const logit = fc.oneof(
  { weight: 4, arbitrary: fc.float({ min: -8, max: 8, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, Number.NEGATIVE_INFINITY) },
);
const row = fc
  .array(logit, { minLength: vocabulary, maxLength: vocabulary })
  .filter((values) => values.some(Number.isFinite))
  .map((values) => Float32Array.from(values));
const batches = fc.array(row, { minLength: rows, maxLength: rows });

const batchOf = (values: readonly Float32Array[]): Tensor =>
  tensor(Float32Array.from(values.flatMap((one) => [...one])), { shape: [values.length, values[0].length] });

async function draw(logits: Tensor, options: SampleTokensOptions): Promise<number[]> {
  return [...(await sampleTokens(logits, options).data())];
}

/** Tokens by falling logit, equal ones by rising token. */
function ranked(values: Float32Array): number[] {
  return [...values.keys()].sort((a, b) => values[b] - values[a] || a - b);
}

/** By the definitions, in float64: which tokens may be drawn; `null` where rounding decides about one. */
function takingPart(logits: Float32Array, seen: readonly boolean[], options: SampleOptions): Set<number> | null {
  const { temperature = 1, topK = logits.length, topP = 1, minP = 0, repetitionPenalty: penalty = 1 } = options;
  const values = logits.map((value, token) => (seen[token] ? (value > 0 ? value / penalty : value * penalty) : value));
  const order = ranked(values).slice(0, topK);
  const weight = (token: number): number => Math.exp((values[token] - values[order[0]]) / temperature);
  const total = order.reduce((sum, token) => sum + weight(token), 0);
  const kept = new Set<number>();
  let before = 0;
  for (const token of order) {
    if (weight(token) === 0) break;
    if (topP < 1 && Math.abs(before / total - topP) < 1e-5) return null;
    if (Math.abs(weight(token) - minP) < 1e-5 * minP) return null;
    if ((topP === 1 || before < topP * total) && weight(token) >= minP) kept.add(token);
    before += weight(token);
  }
  return kept;
}

onEachDevice(() => {
  test("temperature 0 takes the largest logit, the lowest token of equals, whatever else is asked", async () => {
    const options = fc.record({ topP: fc.constantFrom(0.3, 1), minP: fc.constantFrom(0, 1), seed: fc.nat() });
    await fc.assert(
      fc.asyncProperty(batches, options, async (values, { seed, ...cuts }) => {
        const best = values.map((one) => one.indexOf(Math.max(...one)));
        const generator = new Generator(seed);
        for (const more of [{}, cuts, { topK: 3 }]) {
          expect(await draw(batchOf(values), { temperature: 0, generator, ...more })).toEqual(best);
        }
        expect(await draw(batchOf(values), { topK: 1, generator })).toEqual(best);
      }),
      { numRuns: 15 },
    );
  });

  test("topK, topP, minP and the penalty keep the tokens that the definitions name", async () => {
    const options = fc.record({
      temperature: fc.constantFrom(0.5, 1, 2),
      topP: fc.double({ min: 0.05, max: 1, noNaN: true }),
      minP: fc.constantFrom(0, 0.02, 0.1, 0.4, 0.9),
      repetitionPenalty: fc.constantFrom(0.7, 1, 1.5),
    });
    const seenTokens = fc.array(fc.boolean(), { minLength: rows * vocabulary, maxLength: rows * vocabulary });
    const combinations: (readonly (keyof SampleOptions)[])[] = [
      ["topP"],
      ["minP"],
      ["topP", "minP", "temperature", "repetitionPenalty"],
    ];
    await fc.assert(
      fc.asyncProperty(batches, options, seenTokens, async (values, all, occurred) => {
        const seen = tensor(occurred, { shape: [rows, vocabulary] });
        for (const [i, names] of [...combinations, ...combinations].entries()) {
          const chosen: SampleOptions = Object.fromEntries(names.map((name) => [name, all[name as "topP"]]));
          const given = i < combinations.length ? chosen : { ...chosen, topK: 5 };
          const { tokens, kept } = candidates(batchOf(values), { ...given, seen });
          const width = given.topK ?? vocabulary;
          const read = await readAll({ kept: kept as Tensor, ...(tokens && { tokens }) });
          for (const [r, one] of values.entries()) {
            const happened = occurred.slice(r * vocabulary, (r + 1) * vocabulary);
            const expected = takingPart(one, names.includes("repetitionPenalty") ? happened : [], given);
            if (expected === null) continue;
            const places = Array.from({ length: width }, (_, place) => r * width + place);
            const actual = places.filter((at) => read.kept.data[at]).map((at) => read.tokens?.data[at] ?? at % width);
            expect(new Set(actual.filter((token) => one[token] > Number.NEGATIVE_INFINITY))).toEqual(expected);
          }
        }
      }),
      { numRuns: 15 },
    );
  });

  test("frequencies are softmax(logits / temperature) over those that take part", async () => {
    const values = Float32Array.of(1, -1, 0.5, 2, 0.5);
    const n = 5000;
    const many = (): Tensor => tensor(values).expand([n, values.length]);
    const generator = new Generator(1);
    for (const options of [
      {},
      { temperature: 0.5, topK: 3 },
      { temperature: 3, topK: 9 },
      { temperature: 2, topP: 0.8 },
      { temperature: 0.7, minP: 0.3 },
    ] satisfies SampleOptions[]) {
      const chosen = takingPart(values, [], options) as Set<number>;
      const { temperature = 1 } = options as SampleOptions;
      const weights = Array.from(values, (one, token) => (chosen.has(token) ? Math.exp(one / temperature) : 0));
      const total = weights.reduce((a, b) => a + b);
      const counts = new Array<number>(values.length).fill(0);
      for (const token of await draw(many(), { ...options, generator })) counts[token]++;
      for (const [token, count] of counts.entries()) {
        const p = weights[token] / total;
        expect(Math.abs(count - n * p)).toBeLessThanOrEqual(5 * Math.sqrt(n * p * (1 - p)));
      }
    }
  });

  test("one seed, the same tokens; rows are drawn independently", async () => {
    const flat = tensor(new Float32Array(8 * 1000), { shape: [8, 1000] });
    const drawn = await draw(flat, { generator: new Generator(5) });
    expect(await draw(flat, { generator: new Generator(5) })).toEqual(drawn);
    expect(await draw(flat, { generator: new Generator(6) })).not.toEqual(drawn);
    expect(new Set(drawn).size).toBeGreaterThan(4);
  });

  test("all numbers but topK are data: other values are no other plan", async () => {
    const logits = tensor(new Float32Array(6), { shape: [2, 3] });
    const seen = tensor([
      [true, false, false],
      [false, true, true],
    ]);
    const run = (temperature: number, topP: number, minP: number, repetitionPenalty: number): Promise<number[]> =>
      draw(logits, { temperature, topP, minP, repetitionPenalty, topK: 2, seen });
    await run(1, 1, 0, 1);
    const { plansCompiled } = stats();
    await run(0, 0.5, 1, 2);
    await run(0.3, 0.9, 0.5, 0.5);
    expect(stats().plansCompiled).toBe(plansCompiled);
  });

  test("logits of any size do not overflow", async () => {
    const logits = tensor([
      [-3e38, 3e38, 0],
      [3e38, -3e38, Number.NEGATIVE_INFINITY],
    ]);
    for (const options of [{}, { topP: 0.9 }, { minP: 0.1 }, { temperature: 0 }, { temperature: 1e-6 }]) {
      expect(await draw(logits, options)).toEqual([1, 0]);
    }
  });

  test("a row that is no distribution is −1, and the others are drawn", async () => {
    const [nan, infinite] = [Number.NaN, Number.POSITIVE_INFINITY];
    const logits = tensor([
      [0, nan, 1],
      [0, 0, 5],
      [infinite, 0, 0],
      [-infinite, -infinite, -infinite],
    ]);
    for (const options of [{}, { topK: 2 }, { topP: 0.5 }, { minP: 0.1 }]) {
      expect(await draw(logits, { temperature: 0, ...options })).toEqual([-1, 2, -1, -1]);
    }
  });
});

test("what does not fit is refused at the call", () => {
  const logits = tensor([[1, 2]]);
  const seen = tensor([[true, false]]);
  expect(() => sampleTokens(tensor([1, 2]))).toThrow("logits [rows, vocabulary] are needed, not [2]");
  expect(() => sampleTokens(logits.cast("int32"))).toThrow("logits are float, not int32");
  expect(() => sampleTokens(logits, { repetitionPenalty: 1.1 })).toThrow("needs the tokens `seen`");
  expect(() => sampleTokens(logits, { repetitionPenalty: 1.1, seen: logits })).toThrow(
    "seen is bool [1,2], not float32 [1,2]",
  );
  expect(() => sampleTokens(logits, { repetitionPenalty: 1.1, seen: seen.select(0, 0) })).toThrow("not bool [2]");
  const ranges: [keyof SampleOptions, string, number[]][] = [
    ["temperature", "a finite number ≥ 0", [-1, Number.NaN, Number.POSITIVE_INFINITY]],
    ["topK", "a whole number ≥ 1", [0, 1.5]],
    ["topP", "a number in (0, 1]", [0, 1.1, Number.NaN]],
    ["minP", "a number in [0, 1]", [-0.1, 2, Number.NaN]],
    ["repetitionPenalty", "a finite number > 0", [0, -1, Number.NaN, Number.POSITIVE_INFINITY]],
  ];
  for (const [name, range, values] of ranges) {
    for (const value of values) {
      expect(() => sampleTokens(logits, { [name]: value, seen })).toThrow(
        `sampleTokens: ${name} is ${range}, not ${value}`,
      );
    }
  }
});
