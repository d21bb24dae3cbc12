import { ArgumentError, StateError, stats } from "@tsuki/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { onDevice, onEveryDevice, type Place } from "../test/devices.ts";
import { backwardWith, weight } from "../test/training.ts";
import { MuonWithAdamW } from "./muon-with-adamw.ts";
import { parameterGroups } from "./parameter-groups.ts";
import { Scheduler } from "./scheduler.ts";
import { constant, warmupCosine, warmupLinear, warmupStableDecay } from "./schedules.ts";
import { SGD } from "./sgd.ts";

function training(place: Place): { optimizer: MuonWithAdamW; scheduler: Scheduler; backward: (step: number) => void } {
  const weights = { up: weight(place, [2, 3], [1, 2, 3, 4, 5, 6]), gain: weight(place, [2], [1, 1]) };
  const groups = parameterGroups(weights, [
    { match: /up/, use: "muon" },
    { match: /gain/, use: "adamw" },
  ]);
  const optimizer = new MuonWithAdamW(groups);
  const scheduler = new Scheduler(
    {
      groups: optimizer.muon!.groups,
      lr: warmupStableDecay({ peak: 0.1, warmupSteps: 20, decaySteps: 50, totalSteps: 200, decay: "1-sqrt" }),
      weightDecay: warmupLinear({ peak: 0.2, warmupSteps: 0, totalSteps: 200 }),
    },
    { groups: optimizer.adamw!.groups, lr: warmupCosine({ peak: 0.01, warmupSteps: 10, totalSteps: 150 }) },
  );
  const backward = (step: number): void =>
    backwardWith([weights.up, [1, step, -2, 3, 1, 1]], [weights.gain, [1, -step]]);
  return { optimizer, scheduler, backward };
}

onEveryDevice("a scheduler", (place) => {
  it("compiles nothing in 200 steps with a schedule for each group", async () => {
    const { optimizer, scheduler, backward } = training(place);
    backward(0);
    await optimizer.step();
    scheduler.step();
    const before = stats();
    const seen = new Set<number>();
    for (let step = 1; step <= 200; step++) {
      seen.add(optimizer.muon!.groups[0].lr);
      backward(step);
      await optimizer.step();
      scheduler.step();
    }
    expect(seen.size).toBeGreaterThan(60);
    const after = stats();
    expect(after.plansCompiled).toBe(before.plansCompiled);
    expect(after.plansRun - before.plansRun).toBe(200);
  });

  it("resumes bit for bit with the optimizer", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(4), async (stop) => {
        const [whole, first, second] = [training(place), training(place), training(place)];
        const run = async (
          { optimizer, scheduler, backward }: ReturnType<typeof training>,
          from: number,
          to: number,
        ) => {
          for (let step = from; step < to; step++) {
            backward(step);
            await optimizer.step();
            scheduler.step();
          }
        };
        await run(whole, 0, 5);
        await run(first, 0, stop);
        second.optimizer.loadStateDict(first.optimizer.stateDict());
        second.scheduler.loadStateDict(first.scheduler.stateDict());
        for (const [name, w] of second.optimizer.parameters) w.assign(first.optimizer.parameters.get(name)!);
        await run(second, stop, 5);
        for (const [name, w] of second.optimizer.parameters) {
          expect(await w.data()).toEqual(await whole.optimizer.parameters.get(name)!.data());
        }
        expect(second.scheduler.stateDict()).toEqual({ step: 5 });
      }),
      { numRuns: 5 },
    );
  });
});

describe("a scheduler", () => {
  onDevice("reference");
  const place: Place = { name: "reference", dtype: "float32", tolerance: (_float64, float32) => float32 };
  const make = (): SGD =>
    new SGD([{ params: { a: weight(place, [1], [1]) } }, { params: { b: weight(place, [1], [1]) }, lr: 0.5 }]);
  const numbers = ({ groups }: SGD): number[][] => groups.map(({ lr, weightDecay }) => [lr, weightDecay]);

  it("sets the numbers of step 0 at once, and those of the next with each step", () => {
    const optimizer = make();
    const scheduler = new Scheduler(
      { groups: optimizer.groups, lr: (step) => step / 4 },
      { groups: [optimizer.groups[1]], weightDecay: (step) => 1 / (1 + step) },
    );
    expect(numbers(optimizer)).toEqual([
      [0, 0],
      [0, 1],
    ]);
    scheduler.step();
    expect(numbers(optimizer)).toEqual([
      [0.25, 0],
      [0.25, 0.5],
    ]);
    expect(scheduler.stepsTaken).toBe(1);
    scheduler.loadStateDict({ step: 3 });
    expect(numbers(optimizer)).toEqual([
      [0.75, 0],
      [0.75, 0.25],
    ]);
  });

  it("refuses two schedules for one number, values that are none, and steps that are none", () => {
    const { groups } = make();
    expect(() => new Scheduler({ groups, lr: constant(1) }, { groups: [groups[0]], lr: constant(2) })).toThrow(
      new ArgumentError("Scheduler: the lr of a group has two schedules"),
    );
    expect(() => new Scheduler({ groups: groups[0], lr: constant(1) } as never)).toThrow(
      "Scheduler: groups are a list, such as optimizer.groups, not an object",
    );
    expect(() => new Scheduler({ groups, lr: () => Number.NaN })).toThrow(
      "Scheduler: lr of step 0 is a finite number ≥ 0, not NaN",
    );
    expect(() => new Scheduler({ groups, momentum: constant(1) } as never)).toThrow(
      'Scheduler: there is no option "momentum", only groups, lr, weightDecay',
    );
    const scheduler = new Scheduler({ groups, lr: constant(1) });
    expect(() => scheduler.loadStateDict({ step: 1.5 })).toThrow(StateError);
    expect(scheduler.stateDict()).toEqual({ step: 0 });
  });
});
