import { ArgumentError, DTypeError, parameter, StateError, stats, tensor, type Variable, variable } from "@tsuki/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { onDevice, onEveryDevice, type Place } from "../test/devices.ts";
import { backwardAt, contents, model } from "../test/model.ts";
import { distance } from "../test/spectra.ts";
import { weight } from "../test/training.ts";
import { AdamW } from "./adamw.ts";
import { WeightAverage, type WeightAverageOptions } from "./weight-average.ts";

const decay = fc.double({ min: 0, max: 0.999, noNaN: true });
const everyKind: fc.Arbitrary<WeightAverageOptions> = fc.oneof(
  fc.constant({ kind: "uniform" as const }),
  fc.record({ decay, correction: fc.constantFrom("none" as const, "bias" as const, "warmup" as const) }),
);
const sequence = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 1, maxLength: 6 });

/** The average by its definition: a sum with the weights of each update. */
function averageOf(values: readonly number[], { kind, decay = 0.999, correction }: WeightAverageOptions): number {
  const n = values.length;
  const mean = (weights: readonly number[]): number => {
    const total = weights.reduce((sum, each) => sum + each, 0);
    return values.reduce((sum, value, i) => sum + (value * weights[i]) / total, 0);
  };
  if (kind === "uniform") return mean(values.map(() => 1));
  if (correction === "bias") return mean(values.map((_, i) => decay ** (n - 1 - i)));
  return values.slice(1).reduce((average, value, i) => {
    const d = correction === "warmup" ? Math.min(decay, (i + 2) / (i + 11)) : decay;
    return d * average + (1 - d) * value;
  }, values[0]);
}

async function averagesOf(average: WeightAverage): Promise<Record<string, number[]>> {
  return contents(Object.fromEntries(average.averages));
}

onEveryDevice("WeightAverage", (place) => {
  it("is the weighted mean of its definition, for every kind and decay", async () => {
    await fc.assert(
      fc.asyncProperty(everyKind, sequence, async (options, values) => {
        const w = weight(place, [2], [9, 9]);
        const average = new WeightAverage({ w }, options);
        for (const value of values) {
          w.assign(weight(place, [2], [value, -value]));
          average.update();
        }
        const expected = averageOf(values, options);
        const data = await average.averages.get("w")!.data();
        expect(distance(data, [expected, -expected])).toBeLessThan(place.tolerance(1e-12, 1e-5));
      }),
    );
  });

  it("is the weights themselves, bit for bit, at first and as long as they stand still", async () => {
    await fc.assert(
      fc.asyncProperty(everyKind, fc.nat(4), fc.nat(1e6), async (options, more, seed) => {
        const weights = model(place, seed);
        const average = new WeightAverage(weights, options);
        const expected = await contents(weights);
        expect(await averagesOf(average)).toEqual(expected);
        for (let i = 0; i <= more; i++) average.update();
        expect(await averagesOf(average)).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });

  it("is updated in the plan of the step, and never compiles anew", async () => {
    const weights = model(place);
    const optimizer = new AdamW(weights, { lr: 0.1 });
    const average = new WeightAverage(optimizer.parameters, { correction: "warmup" });
    const step = async (i: number): Promise<void> => {
      backwardAt(weights, i);
      optimizer.update();
      average.update();
      await optimizer.step();
    };
    await step(0);
    const before = stats();
    for (let i = 1; i < 6; i++) {
      average.decay = 0.9 + i / 100;
      await step(i);
    }
    const after = stats();
    expect(after.plansRun - before.plansRun).toBe(5);
    expect(after.plansCompiled).toBe(before.plansCompiled);
    expect(after.recomputedNodes).toBe(before.recomputedNodes);
  });

  it("is swapped in and out exactly, and training goes on as if nothing had been", async () => {
    const runs: Record<string, number[]>[] = [];
    for (const looksInBetween of [false, true]) {
      const weights = model(place);
      const optimizer = new AdamW(weights, { lr: 0.1 });
      const average = new WeightAverage(weights, { kind: "uniform" });
      for (let i = 0; i < 4; i++) {
        backwardAt(weights, i);
        optimizer.update();
        average.update();
        await optimizer.step();
        if (!looksInBetween) continue;
        const [before, averages] = [await contents(weights), await averagesOf(average)];
        if (i > 0) expect(averages).not.toEqual(before);
        const seen = await average.during(() => {
          expect(average.swapped).toBe(true);
          return contents(weights);
        });
        expect(seen).toEqual(averages);
        expect(average.swapped).toBe(false);
        expect(await contents(weights)).toEqual(before);
        expect(await averagesOf(average)).toEqual(averages);
      }
      runs.push(await contents(weights), await contents(average.stateDict()));
    }
    expect(runs.slice(2)).toEqual(runs.slice(0, 2));
  });

  it("is taken out again where the evaluation fails", async () => {
    const w = weight(place, [1], [1]);
    const average = new WeightAverage({ w });
    w.assign(weight(place, [1], [5]));
    await expect(average.during(() => Promise.reject(new Error("no data")))).rejects.toThrow("no data");
    expect([await w.item(), await average.averages.get("w")!.item()]).toEqual([5, 1]);
  });

  it("resumes bit for bit, also before the first plan", async () => {
    await fc.assert(
      fc.asyncProperty(everyKind, sequence, fc.nat(6), async (options, values, at) => {
        const stop = Math.min(at, values.length);
        const make = (): readonly [Variable, WeightAverage] => {
          const w = weight(place, [1], [0.5]);
          return [w, new WeightAverage({ w }, options)];
        };
        const run = ([w, average]: readonly [Variable, WeightAverage], part: readonly number[]): void => {
          for (const value of part) {
            w.assign(weight(place, [1], [value]));
            average.update();
          }
        };
        const [whole, first, second] = [make(), make(), make()];
        run(whole, values);
        run(first, values.slice(0, stop));
        second[1].loadStateDict(first[1].stateDict());
        run(second, values.slice(stop));
        expect(await contents(second[1].stateDict())).toEqual(await contents(whole[1].stateDict()));
      }),
      { numRuns: 15 },
    );
  });
});

describe("WeightAverage", () => {
  onDevice("reference");
  const place: Place = { name: "reference", dtype: "float32", tolerance: (_float64, float32) => float32 };
  const w = (): Variable => weight(place, [2], [1, 2]);

  it("refuses to be updated, saved and swapped in twice while it is swapped in", async () => {
    const average = new WeightAverage({ w: w() });
    average.swap();
    const message = "WeightAverage: update while the averages are swapped in; swap() them out first";
    expect(() => average.update()).toThrow(new StateError(message));
    expect(() => average.stateDict()).toThrow(StateError);
    await expect(average.during(() => {})).rejects.toThrow(StateError);
    average.swap();
    average.update();
  });

  it("names everything in a state that does not fit, and then changes nothing", async () => {
    const average = new WeightAverage({ w: w(), v: w() });
    const before = await contents(average.stateDict());
    const broken = {
      "w.average": tensor([1]),
      "u.average": tensor([1, 2]),
      average_updates: tensor(Int32Array.of(3), { shape: [] }),
    };
    expect(() => average.loadStateDict(broken)).toThrow(StateError);
    expect(() => average.loadStateDict(Promise.resolve({}) as never)).toThrow("not a promise; await it first");
    for (const part of [
      "the state of the average does not fit",
      "w.average: [1] float32 where [2] float32 is needed",
      "missing: v.average",
      "unexpected: u.average",
    ]) {
      expect(() => average.loadStateDict(broken)).toThrow(part);
    }
    expect(await contents(average.stateDict())).toEqual(before);
  });

  it("refuses options and parameters that make no sense", () => {
    expect(() => new WeightAverage({})).toThrow(ArgumentError);
    const codes = variable(tensor([1, 2]).cast("int8"));
    expect([...new WeightAverage({ codes, w: w() }).averages.keys()]).toEqual(["w"]);
    expect(() => new WeightAverage({ w: w() }, { decay: 1 })).toThrow(
      "WeightAverage: decay is a number in [0, 1), not 1",
    );
    expect(() => new WeightAverage({ w: w() }, { kind: "swa" as never })).toThrow(
      'kind is "ema" or "uniform", not "swa"',
    );
    expect(() => new WeightAverage({ w: w() }, { correction: true as never })).toThrow(
      'correction is "none" or "bias" or "warmup", not true',
    );
    expect(() => new WeightAverage({ w: w() }, { beta: 1 } as object)).toThrow('there is no option "beta"');
    const double = parameter(tensor([1], { dtype: "float64" }));
    expect(() => new WeightAverage({ w: w(), double })).toThrow(DTypeError);
  });
});
