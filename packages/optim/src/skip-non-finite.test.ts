import { ShapeError, stats } from "@tsuki/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { onDevice, onEveryDevice, type Place } from "../test/devices.ts";
import { backwardAt, contents, model, saved, shapes, type Weights } from "../test/model.ts";
import { distance } from "../test/spectra.ts";
import { backwardWith, weight } from "../test/training.ts";
import { AdamW } from "./adamw.ts";
import { clipGradNorm } from "./clip.ts";
import { CombinedOptimizer } from "./combined-optimizer.ts";
import { Muon } from "./muon.ts";
import { MuonWithAdamW } from "./muon-with-adamw.ts";
import { moonlightGroups } from "./parameter-groups.ts";
import { SGD } from "./sgd.ts";
import { WeightAverage } from "./weight-average.ts";

/** A step of a training: which parameters have no gradient, and which have one that is not finite. */
interface Step {
  readonly absent: readonly string[];
  readonly poison: Readonly<Record<string, number>>;
}

const names = Object.keys(shapes);
const step = fc.record({
  absent: fc.subarray(names, { maxLength: 2 }),
  poison: fc.oneof(
    fc.constant({}),
    fc.dictionary(fc.constantFrom(...names), fc.constantFrom(Number.NaN, Infinity, -Infinity), { maxKeys: 2 }),
  ),
});
const steps = fc.array(step, { minLength: 1, maxLength: 5 });

function isBad({ absent, poison }: Step): boolean {
  return Object.keys(poison).some((name) => !absent.includes(name));
}

interface Training {
  readonly weights: Weights;
  readonly optimizer: MuonWithAdamW;
  readonly average: WeightAverage;
}

function training(place: Place, skipNonFinite = true): Training {
  const weights = model(place);
  const optimizer = new MuonWithAdamW(moonlightGroups(weights), { lr: 0.1, skipNonFinite });
  return { weights, optimizer, average: new WeightAverage(weights, { decay: 0.5, correction: "bias" }) };
}

async function run({ weights, optimizer, average }: Training, all: readonly Step[], first = 0): Promise<void> {
  for (const [i, { absent, poison }] of all.entries()) {
    backwardAt(weights, first + i, absent, poison);
    optimizer.update();
    average.update({ when: optimizer.applied });
    await optimizer.step();
  }
}

/** Everything that a skipped step leaves alone. */
async function everything({ weights, optimizer, average }: Training): Promise<Record<string, number[]>> {
  const { tensors } = optimizer.stateDict();
  const state = Object.entries(tensors).filter(([name]) => !/skipped/.test(name));
  return {
    ...(await contents(weights)),
    ...(await contents(Object.fromEntries(state))),
    ...(await contents(average.stateDict())),
  };
}

onEveryDevice("skipNonFinite", (place) => {
  it("leaves parameters, state and averages of all optimizers as they are, bit for bit", async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 3 }), step, async (before, times, { absent, poison }) => {
        const one = training(place);
        await run(one, before);
        const bad = {
          absent: absent.filter((name) => name !== names[0]),
          poison: { [names[0]]: Number.NaN, ...poison },
        };
        // Its state is there, so that it can be compared.
        await run(one, [{ absent: [], poison: {} }], before.length);
        const expected = await everything(one);
        const skipped = await one.optimizer.skippedSteps();
        for (let i = 0; i < times; i++) await run(one, [bad], before.length + 1 + i);
        expect(await everything(one)).toEqual(expected);
        expect(await one.optimizer.skippedSteps()).toBe(skipped + times);
      }),
      { numRuns: 8 },
    );
  });

  it("is the training without the bad steps, bit for bit, bias corrections included", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const [with_, without] = [training(place), training(place)];
        for (const [i, one] of all.entries()) {
          await run(with_, [one], i);
          if (!isBad(one)) await run(without, [one], i);
        }
        expect(await contents(with_.weights)).toEqual(await contents(without.weights));
        expect(await contents(with_.average.stateDict())).toEqual(await contents(without.average.stateDict()));
        expect(await with_.optimizer.skippedSteps()).toBe(all.filter(isBad).length);
        expect(await without.optimizer.skippedSteps()).toBe(0);
      }),
      { numRuns: 8 },
    );
  });

  it("is the training without the option, where all is finite", async () => {
    const [guarded, plain] = [training(place), training(place, false)];
    const all = Array.from({ length: 4 }, (_, i) => ({ absent: i === 1 ? [names[0], names[4]] : [], poison: {} }));
    await run(guarded, all);
    await run(plain, all);
    const [a, b] = [await contents(guarded.weights), await contents(plain.weights)];
    for (const name of names) expect(distance(a[name], b[name]), name).toBeLessThan(place.tolerance(1e-12, 1e-6));
    expect(plain.optimizer.applied).toBeNull();
    expect(await plain.optimizer.skippedSteps()).toBe(0);
  });

  it("decides in the one plan of the step, which is the same for good and bad ones, and reads nothing", async () => {
    const { weights, optimizer, average } = training(place);
    await run({ weights, optimizer, average }, [{ absent: [], poison: {} }]);
    const before = stats();
    const applied: number[] = [];
    for (const [i, value] of [1, Number.NaN, 2, -Infinity, Infinity, 3].entries()) {
      backwardAt(weights, i, [], { "norm.weight": value });
      optimizer.update();
      average.update({ when: optimizer.applied });
      const done = optimizer.applied!;
      await optimizer.step();
      applied.push(await done.item());
    }
    expect(applied).toEqual([1, 0, 1, 0, 0, 1]);
    expect(await optimizer.skippedSteps()).toBe(3);
    const after = stats();
    expect(after.plansRun - before.plansRun).toBe(6);
    expect(after.plansCompiled).toBe(before.plansCompiled);
    expect(after.recomputedNodes).toBe(before.recomputedNodes);
  });

  it("resumes bit for bit, also where the first step was skipped", async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(5), async (all, at) => {
        const stop = Math.min(at, all.length);
        const [whole, first, second] = [training(place), training(place), training(place)];
        await run(whole, all);
        await run(first, all.slice(0, stop));
        second.optimizer.loadStateDict(await saved(first.optimizer));
        second.average.loadStateDict(first.average.stateDict());
        for (const [name, w] of Object.entries(second.weights)) w.assign(first.weights[name]);
        await run(second, all.slice(stop), stop);
        expect(await contents(second.weights)).toEqual(await contents(whole.weights));
        expect(await saved(second.optimizer)).toEqual(await saved(whole.optimizer));
        expect(await second.optimizer.skippedSteps()).toBe(all.filter(isBad).length);
        expect(await everything(second)).toEqual(await everything(whole));
      }),
      { numRuns: 8 },
    );
  });

  it("goes on with the option off from a state that it counted in", async () => {
    const [guarded, plain] = [training(place), training(place, false)];
    const bad = { absent: [], poison: { "norm.weight": Number.NaN } };
    await run(guarded, [bad, bad, { absent: [], poison: {} }]);
    plain.optimizer.loadStateDict(await saved(guarded.optimizer));
    for (const [name, w] of Object.entries(plain.weights)) w.assign(guarded.weights[name]);
    for (const one of [guarded, plain]) await run(one, [{ absent: [], poison: {} }], 3);
    expect(await contents(plain.weights)).toEqual(await contents(guarded.weights));
    expect(await plain.optimizer.skippedSteps()).toBe(2);
  });

  it("may look at the norm that clipGradNorm gave, which overflows before a gradient does", async () => {
    const run = async (values: readonly number[], withNorm: boolean): Promise<number[]> => {
      const w = weight(place, [2], [1, 2]);
      const optimizer = new SGD({ w }, { lr: 1, weightDecay: 0.5, skipNonFinite: true });
      backwardWith([w, values]);
      const gradNorm = clipGradNorm(optimizer.parameters, 1);
      await optimizer.step(withNorm ? { gradNorm } : {});
      return [...(await w.data())];
    };
    for (const bad of [Number.NaN, Infinity]) expect(await run([bad, 1], true)).toEqual([1, 2]);
    expect(await run([3, 4], true)).toEqual(await run([3, 4], false));
    const huge = place.tolerance(1e200, 1e30);
    expect(await run([huge, 1], true)).toEqual([1, 2]);
    // Clipping has made the gradient 0: the weights only decay.
    expect(await run([huge, 1], false)).toEqual([0.5, 1]);
  });

  it("works for every kind of optimizer alone", async () => {
    const makers = [
      (w: Weights) => new SGD(w, { lr: 0.1, momentum: 0.9, dampening: 0.5, skipNonFinite: true }),
      (w: Weights) => new AdamW(w, { lr: 0.1, epsOrder: "beforeBiasCorrection", skipNonFinite: true }),
      (w: Weights) => new Muon(w, { lr: 0.1, cautiousWeightDecay: true, skipNonFinite: true }),
    ];
    for (const make of makers) {
      const [a, b] = [{ w: weight(place, [2, 2], [1, 2, 3, 4]) }, { w: weight(place, [2, 2], [1, 2, 3, 4]) }];
      const [one, other] = [make(a), make(b)];
      for (const values of [
        [Number.NaN, 1, 1, 1],
        [1, -1, 2, 1],
        [1, 1, 1, Infinity],
        [0.5, 2, 1, 3],
      ]) {
        backwardWith([a.w, values]);
        await one.step();
        if (!values.every(Number.isFinite)) continue;
        backwardWith([b.w, values]);
        await other.step();
      }
      expect([...(await a.w.data())]).toEqual([...(await b.w.data())]);
      expect([...(await a.w.data())].every(Number.isFinite)).toBe(true);
      expect(await one.skippedSteps()).toBe(2);
    }
  });
});

describe("skipNonFinite", () => {
  onDevice("reference");
  const place: Place = { name: "reference", dtype: "float32", tolerance: (_float64, float32) => float32 };

  it("of a combination is that of its parts, where it is not given", () => {
    const [a, b] = [
      new SGD({ a: weight(place, [1], [1]) }),
      new SGD({ b: weight(place, [1], [1]) }, { skipNonFinite: true }),
    ];
    expect(new CombinedOptimizer([a, b]).skipNonFinite).toBe(true);
    expect(new CombinedOptimizer([a]).skipNonFinite).toBe(false);
    expect(new CombinedOptimizer([a, b], { skipNonFinite: false }).skipNonFinite).toBe(false);
  });

  it("refuses what is no truth value, and a norm that is no scalar", () => {
    const w = weight(place, [2], [1, 2]);
    expect(() => new SGD({ w }, { skipNonFinite: 1 as never })).toThrow("sgd: skipNonFinite is true or false, not 1");
    const optimizer = new SGD({ w }, { skipNonFinite: true });
    backwardWith([w, [1, 2]]);
    expect(() => optimizer.update({ gradNorm: w.read() })).toThrow(ShapeError);
  });

  it("has nothing to decide where no parameter has a gradient", async () => {
    const optimizer = new SGD({ w: weight(place, [2], [1, 2]) }, { skipNonFinite: true });
    await optimizer.step();
    expect(optimizer.applied).toBeNull();
    expect(optimizer.stateDict()).toEqual({ tensors: {}, steps: {} });
    expect(await optimizer.skippedSteps()).toBe(0);
  });
});
