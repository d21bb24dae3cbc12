import { ArgumentError, readAll, realize, StateError, stats } from "@tsuki/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { onDevice, onEveryDevice, type Place } from "../test/devices.ts";
import { backwardAt, contents, model, numbers, saved, shapes, type Weights } from "../test/model.ts";
import { lossWithGradients, weight } from "../test/training.ts";
import { AdamW } from "./adamw.ts";
import { CombinedOptimizer } from "./combined-optimizer.ts";
import { Muon } from "./muon.ts";
import { MuonWithAdamW } from "./muon-with-adamw.ts";
import { moonlightGroups } from "./parameter-groups.ts";

function optimizerOf(weights: Weights): MuonWithAdamW {
  return new MuonWithAdamW(moonlightGroups(weights), { lr: 0.1 });
}

onEveryDevice("an optimizer", (place) => {
  it("never compiles anew for another learning rate or weight decay, 0 included, and runs one plan a step", async () => {
    const weights = model(place);
    const optimizer = optimizerOf(weights);
    backwardAt(weights, 0);
    await optimizer.step();
    const before = stats();
    for (const [step, lr] of [0, 1e-3, 0.5, 0, 1].entries()) {
      optimizer.setLr(lr);
      for (const group of optimizer.adamw!.groups) group.weightDecay = lr / 2;
      backwardAt(weights, step + 1);
      await optimizer.step();
    }
    const after = stats();
    expect(after.plansCompiled).toBe(before.plansCompiled);
    expect(after.plansRun - before.plansRun).toBe(5);
    expect(after.recomputedNodes).toBe(0);
  });

  it("compiles two plans in all: the initial values and the step", async () => {
    const before = stats();
    const weights = model(place, 7);
    const optimizer = optimizerOf(weights);
    for (const step of [0, 1, 2]) {
      backwardAt(weights, step);
      await optimizer.step();
    }
    // A model of the same structure may have compiled them before.
    expect(stats().plansCompiled - before.plansCompiled).toBeLessThanOrEqual(2);
    expect(stats().plansRun - before.plansRun).toBe(4);
  });

  it("updates in one plan also where the parameters share nothing that is pending", async () => {
    const weights = model(place);
    const optimizer = optimizerOf(weights);
    backwardAt(weights, 0);
    await optimizer.step();
    backwardAt(weights, 1);
    await realize();
    const before = stats().plansRun;
    await optimizer.step();
    expect(stats().plansRun - before).toBe(1);
  });

  it("stands still at lr 0, while its state moves on", async () => {
    const weights = model(place);
    const before = await contents(weights);
    const optimizer = optimizerOf(weights);
    optimizer.setLr(0);
    backwardAt(weights, 1);
    await optimizer.step();
    expect(await contents(weights)).toEqual(before);
    const { tensors } = await saved(optimizer);
    for (const { data } of Object.values(tensors)) expect(data.some((value) => value !== 0)).toBe(true);
  });

  it("skips parameters without a gradient: weight, state and step count stand still", async () => {
    const skippable = fc.subarray(Object.keys(shapes), { maxLength: Object.keys(shapes).length - 1 });
    await fc.assert(
      fc.asyncProperty(skippable, fc.boolean(), async (absent, firstStep) => {
        const weights = model(place);
        const optimizer = optimizerOf(weights);
        if (!firstStep) {
          backwardAt(weights, 0);
          await optimizer.step();
        }
        const [before, state] = [await contents(weights), await saved(optimizer)];
        backwardAt(weights, 1, absent);
        await optimizer.step();
        const [after, later] = [await contents(weights), await saved(optimizer)];
        for (const name of Object.keys(shapes)) {
          const skipped = absent.includes(name);
          if (skipped) expect(after[name]).toEqual(before[name]);
          else expect(after[name]).not.toEqual(before[name]);
          expect(later.steps[name] ?? 0).toBe((state.steps[name] ?? 0) + (skipped ? 0 : 1));
          for (const key of Object.keys(later.tensors).filter((tensor) => tensor.startsWith(name))) {
            if (skipped) expect(later.tensors[key]).toEqual(state.tensors[key]);
            else expect(later.tensors[key]).not.toEqual(state.tensors[key]);
          }
        }
      }),
    );
  });

  it("consumes gradients, or retains them", async () => {
    const weights = model(place);
    const optimizer = optimizerOf(weights);
    backwardAt(weights, 1);
    const held = weights["norm.weight"].grad!;
    await optimizer.step();
    for (const w of Object.values(weights)) expect(w.grad).toBeNull();
    expect(() => held.read()).toThrow("retainGradients");
    backwardAt(weights, 1);
    await optimizer.step({ retainGradients: true });
    for (const [i, w] of Object.values(weights).entries()) {
      const expected = numbers(w.shape, 1000 + i).map((value) =>
        place.dtype === "float32" ? Math.fround(value) : value,
      );
      expect([...(await w.grad!.data())]).toEqual([...expected]);
    }
    optimizer.zeroGrad();
    for (const w of Object.values(weights)) expect(w.grad).toBeNull();
  });

  it("lets the loss be read before, between and after, with the same bits and nothing computed twice", async () => {
    const losses: number[][] = [];
    const ends: Record<string, number[]>[] = [];
    const recomputed = stats().recomputedNodes;
    for (const reading of ["never", "between", "after"]) {
      const weights = model(place);
      const optimizer = optimizerOf(weights);
      const seen: number[] = [];
      for (const step of [0, 1, 2]) {
        const loss = lossWithGradients(
          Object.values(weights).map((w, i) => [w, numbers(w.shape, step * 10 + i)] as const),
        );
        loss.backward();
        if (reading === "between") seen.push(await loss.item());
        const done = optimizer.step();
        if (reading === "after") seen.push(await loss.item());
        await done;
      }
      losses.push(seen);
      ends.push(await contents(weights));
    }
    expect(losses[1]).toEqual(losses[2]);
    expect(ends[1]).toEqual(ends[0]);
    expect(ends[2]).toEqual(ends[0]);
    expect(stats().recomputedNodes).toBe(recomputed);
  });

  it("resumes bit for bit, wherever it was stopped: also before the first step", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(3), fc.subarray(Object.keys(shapes), { maxLength: 3 }), async (stop, absent) => {
        const [through, first] = [model(place), model(place)];
        const whole = optimizerOf(through);
        for (let step = 0; step < 4; step++) {
          backwardAt(through, step, step === 0 ? absent : []);
          await whole.step();
        }
        const half = optimizerOf(first);
        for (let step = 0; step < stop; step++) {
          backwardAt(first, step, step === 0 ? absent : []);
          await half.step();
        }
        const second = model(place, 99);
        const weightsAtStop = await readAll(first);
        const rest = optimizerOf(second);
        rest.loadStateDict(await saved(half));
        for (const [name, w] of Object.entries(second))
          w.assign(weight(place, w.shape, weightsAtStop[name].data).read());
        for (let step = stop; step < 4; step++) {
          backwardAt(second, step, step === 0 ? absent : []);
          await rest.step();
        }
        expect(await contents(second)).toEqual(await contents(through));
        expect(await saved(rest)).toEqual(await saved(whole));
      }),
      { numRuns: 10 },
    );
  });

  it("takes a state over from variables that have not run yet", async () => {
    const [one, other] = [model(place), model(place)];
    const [from, to] = [optimizerOf(one), optimizerOf(other)];
    backwardAt(one, 1);
    from.update();
    to.loadStateDict(from.stateDict());
    expect(await saved(to)).toEqual(await saved(from));
  });

  it("logs the update's RMS where it is asked to, readable after the step", async () => {
    const weights = model(place);
    const optimizer = optimizerOf(weights);
    backwardAt(weights, 0);
    await optimizer.step();
    expect(optimizer.updateRms().size).toBe(0);
    optimizer.logUpdateRms(true);
    backwardAt(weights, 1, ["norm.weight"]);
    await optimizer.step();
    const before = stats();
    const all = [...optimizer.updateRms()];
    expect(all.map(([name]) => name).sort()).toEqual(
      Object.keys(shapes)
        .filter((name) => name !== "norm.weight")
        .sort(),
    );
    for (const [, rms] of all) expect(await rms.item()).toBeGreaterThan(0.01);
    expect(stats().plansRun).toBe(before.plansRun);
  });

  it("may be stepped without waiting", async () => {
    const [waited, unwaited] = [model(place), model(place)];
    const [a, b] = [optimizerOf(waited), optimizerOf(unwaited)];
    for (const step of [0, 1, 2]) {
      backwardAt(waited, step);
      await a.step();
      backwardAt(unwaited, step);
      void b.step();
    }
    expect(await contents(unwaited)).toEqual(await contents(waited));
  });
});

describe("an optimizer", () => {
  onDevice("reference");
  const place: Place = { name: "reference", dtype: "float32", tolerance: (_float64, float32) => float32 };

  it("gives each group its own options, over those of the constructor, over the defaults", () => {
    const { "q_proj.weight": q, "o_proj.weight": o, "norm.weight": norm } = model(place);
    const optimizer = new AdamW(
      [{ params: { q }, lr: 0.5 }, { params: [["o", o]], weightDecay: 0 }, { params: { norm } }],
      {
        lr: 0.25,
      },
    );
    expect(optimizer.groups.map(({ lr, weightDecay }) => [lr, weightDecay])).toEqual([
      [0.5, 0.1],
      [0.25, 0],
      [0.25, 0.1],
    ]);
    optimizer.setLr(0.125);
    expect(optimizer.groups.map(({ lr }) => lr)).toEqual([0.125, 0.125, 0.125]);
    expect(() => optimizer.setLr(Number.NaN)).toThrow("lr is a finite number ≥ 0, not NaN");
  });

  it("takes a list of parameters by their own names", () => {
    const { "norm.weight": norm, "q_proj.weight": q } = model(place);
    [norm.name, q.name] = ["norm", "q"];
    expect([...new AdamW([norm, q]).parameters.keys()]).toEqual(["norm", "q"]);
    expect([...new AdamW([{ params: [norm] }, { params: [q], lr: 0.1 }]).parameters.keys()]).toEqual(["norm", "q"]);
    expect(() => new AdamW({ w: norm.read() as never })).toThrow(
      '"w" is no variable, but a tensor; make it one with parameter()',
    );
  });

  it("refuses no parameters, one given twice, and equal names", () => {
    const { "norm.weight": norm, "q_proj.weight": q } = model(place);
    expect(() => new AdamW({})).toThrow(ArgumentError);
    expect(() => new AdamW({ norm, tied: norm })).toThrow('"norm" and "tied" are one parameter');
    expect(() => new AdamW([{ params: { w: norm } }, { params: { w: q } }])).toThrow('two parameters are named "w"');
    expect(() => new CombinedOptimizer([new AdamW({ q }), new Muon({ q })])).toThrow('"q" is in two optimizers');
    expect(() => new CombinedOptimizer([])).toThrow("no optimizers");
  });

  it("is given a model's parameters, not the model", () => {
    const module = { training: true, namedParameters: () => model(place) };
    expect(() => new AdamW(module as never)).toThrow(
      new ArgumentError("parameters are a record or a list of variables, not a module; give model.namedParameters()"),
    );
  });

  it("refuses parameters of two dtypes", () => {
    const norm = model(place)["norm.weight"];
    const double = weight({ ...place, dtype: "float64" }, [1], [1]);
    expect(() => new AdamW({ norm, double })).toThrow('"double" is float64');
  });

  it("names everything in a state that does not fit, and then changes nothing", async () => {
    const weights = model(place);
    const optimizer = optimizerOf(weights);
    backwardAt(weights, 0);
    await optimizer.step();
    const before = await saved(optimizer);
    const { "norm.weight.exp_avg": gone, ...tensors } = before.tensors;
    const { "q_proj.weight": steps, ...others } = before.steps;
    const broken = {
      tensors: { ...tensors, "o_proj.weight.momentum_buffer": gone, "other.exp_avg": gone },
      steps: { ...others, another: steps, "experts.weight": 1.5 },
    };
    expect(() => optimizer.loadStateDict(broken)).toThrow(StateError);
    for (const part of [
      "missing: norm.weight.exp_avg",
      "missing: steps of q_proj.weight",
      "steps of experts.weight: 1.5",
      "o_proj.weight.momentum_buffer: [4] float32 where [4,3] float32 is needed",
      "unexpected: other.exp_avg",
      "unexpected: steps of another",
    ]) {
      expect(() => optimizer.loadStateDict(broken)).toThrow(part);
    }
    expect(await saved(optimizer)).toEqual(before);
  });

  it("refuses what is no saved state", () => {
    const optimizer = optimizerOf(model(place));
    const promise = Promise.resolve({}) as never;
    const message = "loadStateDict: a record of what was saved is needed, not";
    for (const saved of [promise, { tensors: promise, steps: {} }]) {
      expect(() => optimizer.loadStateDict(saved)).toThrow(new ArgumentError(`${message} a promise; await it first`));
    }
    expect(() => optimizer.loadStateDict({ tensors: {} } as never)).toThrow(`${message} undefined`);
  });

  it("an empty state is that of before the first step", async () => {
    const weights = model(place);
    const optimizer = optimizerOf(weights);
    expect(optimizer.stateDict()).toEqual({ tensors: {}, steps: {} });
    backwardAt(weights, 0);
    await optimizer.step();
    optimizer.loadStateDict({ tensors: {}, steps: {} });
    expect(optimizer.stateDict()).toEqual({ tensors: {}, steps: {} });
  });
});
