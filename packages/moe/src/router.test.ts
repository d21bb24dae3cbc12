import { Generator, noGrad, readAll, realize, stats, tensor } from "@tsuki/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { normal, smallConfig } from "../test/small.ts";
import { Router } from "./router.ts";

onEachDevice(() => {
  test("in training mode every forward counts its choices, also without gradients", async () => {
    const router = new Router(smallConfig(), new Generator(1));
    const [first, second] = [await normal(2, [7, 12]), await normal(3, [9, 12])];
    const chosen = [router.call(first).indices.keep(), noGrad(() => router.call(second)).indices.keep()];
    const load = (await router.load.array()) as number[];
    const expected = [0, 0, 0, 0, 0];
    for (const indices of chosen) for (const expert of await indices.data()) expected[expert]++;
    expect(load).toEqual(expected);
    expect(load.reduce((sum, count) => sum + count)).toBe(2 * (7 + 9));
  });

  test("in inference mode nothing is counted", async () => {
    const router = new Router(smallConfig(), new Generator(1)).eval();
    router.call(await normal(2, [7, 12]));
    expect(await router.load.array()).toEqual([0, 0, 0, 0, 0]);
  });

  test("the bias moves by the golden increments, and counting starts anew", async () => {
    const router = new Router(smallConfig({ numRoutedExperts: 8 }), new Generator(1));
    router.load.assign(tensor(new Int32Array([1, 2, 9, 8, 7, 0, 9, 8])));
    router.updateBias(1e-3);
    const { bias, load } = await readAll({ bias: router.eScoreCorrectionBias, load: router.load });
    const golden = [1.25, 1.25, -0.75, -0.75, -0.75, 1.25, -0.75, -0.75];
    for (const [expert, step] of golden.entries()) expect(bias.data[expert]).toBeCloseTo(1e-3 * step, 9);
    expect(Array.from(load.data)).toEqual(new Array(8).fill(0));
  });

  test("the sum of the bias is conserved to rounding", async () => {
    const load = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 5, maxLength: 5 });
    const loads = fc.array(load, { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(loads, async (steps) => {
        const router = new Router(smallConfig(), new Generator(1));
        let largest = 0;
        for (const counts of steps) {
          router.load.assign(tensor(Int32Array.from(counts)));
          router.updateBias(1e-3);
          const bias = (await router.eScoreCorrectionBias.array()) as number[];
          largest = Math.max(
            largest,
            bias.reduce((sum, value) => sum + Math.abs(value), 0),
          );
          const sum = bias.reduce((total, value) => total + value, 0);
          expect(Math.abs(sum)).toBeLessThanOrEqual(steps.length * 2 ** -24 * largest);
        }
      }),
    );
  });

  test("a favourite loses its advantage", async () => {
    const router = new Router(smallConfig({ numExpertsPerToken: 1 }), new Generator(1));
    router.eScoreCorrectionBias.assign(tensor([0.5, 0, 0, 0, 0]));
    const x = (await normal(2, [60, 12])).mul(0.1).keep();
    const violation = async (): Promise<number> => {
      router.call(x);
      const { maxViolation } = router.loadStatistics();
      maxViolation.keep();
      router.updateBias(0.01);
      return maxViolation.item();
    };
    expect(await violation()).toBe(4);
    for (let step = 0; step < 60; step++) await violation();
    expect(await violation()).toBeLessThan(1);
  });

  test("forward, count and update are one plan; another rate, 0 too, is none anew", async () => {
    const router = new Router(smallConfig(), new Generator(1));
    await realize();
    const x = await normal(2, [7, 12]);
    const step = async (rate: number): Promise<void> => {
      router.call(x);
      router.updateBias(rate);
      await realize();
    };
    await step(1e-3);
    const { plansCompiled, plansRun } = stats();
    for (const rate of [1e-3, 5e-4, 0]) await step(rate);
    expect(stats().plansCompiled).toBe(plansCompiled);
    expect(stats().plansRun).toBe(plansRun + 3);
  });
});
