import { parameter, stats, zeros } from "@tsuki/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { onEveryDevice } from "../test/devices.ts";
import { gaussian } from "../test/matrix.ts";
import { distance, logUniform } from "../test/spectra.ts";
import { backwardWith, weight } from "../test/training.ts";
import { AdamW } from "./adamw.ts";
import { clipGradNorm } from "./clip.ts";

onEveryDevice("clipGradNorm", (place) => {
  const norms = fc.tuple(logUniform(1e-3, 1e3), logUniform(1e-3, 1e3));

  it("scales all gradients by min(1, maxNorm / (‖G‖ + 1e-6)), and returns ‖G‖", async () => {
    await fc.assert(
      fc.asyncProperty(
        norms,
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
        fc.nat(1e6),
        async ([size, maxNorm], sizes, seed) => {
          const weights = sizes.map((n) => weight(place, [n], new Float64Array(n)));
          const gradients = sizes.map((n, i) => gaussian(1, n, seed + i).data.map((value) => value * size));
          const norm = Math.hypot(...gradients.flatMap((g) => [...g]));
          const scale = Math.min(1, maxNorm / (norm + 1e-6));
          backwardWith(...weights.map((w, i) => [w, gradients[i]] as const));
          const measured = clipGradNorm(weights, maxNorm);
          const largest = Math.max(1, norm);
          expect(Math.abs((await measured.item()) - norm)).toBeLessThan(place.tolerance(1e-12, 1e-6) * largest);
          for (const [i, w] of weights.entries()) {
            const off = distance(
              await w.grad!.data(),
              gradients[i].map((value) => value * scale),
            );
            expect(off).toBeLessThan(place.tolerance(1e-12, 1e-6) * largest);
          }
        },
      ),
    );
  });

  it("leaves gradients within the bound as they are, bit for bit", async () => {
    const w = weight(place, [3], [0, 0, 0]);
    backwardWith([w, [0.3, -0.1, 0.7]]);
    const before = await w.grad!.data();
    clipGradNorm({ w }, 10);
    expect(await w.grad!.data()).toEqual(before);
    clipGradNorm({ w }, Number.POSITIVE_INFINITY);
    expect(await w.grad!.data()).toEqual(before);
  });

  it("is in the plan of the step, whose norm is read afterwards, computes nothing twice, and never compiles anew", async () => {
    const w = weight(place, [4], [1, 2, 3, 4]);
    const optimizer = new AdamW({ w }, { lr: 0.1 });
    const round = async (maxNorm: number): Promise<number> => {
      backwardWith([w, [3, 0, 4, 0]]);
      const norm = clipGradNorm(optimizer.parameters, maxNorm);
      await optimizer.step();
      return norm.item();
    };
    expect(await round(1)).toBeCloseTo(5, 6);
    const before = stats();
    for (const maxNorm of [0, 1, 0.25, 100]) expect(await round(maxNorm)).toBeCloseTo(5, 6);
    const after = stats();
    expect(after.plansRun - before.plansRun).toBe(4);
    expect(after.plansCompiled).toBe(before.plansCompiled);
    expect(after.recomputedNodes).toBe(before.recomputedNodes);
  });

  it("skips what has no gradient; without any, the norm is 0", async () => {
    const [w, idle] = [weight(place, [2], [0, 0]), parameter(zeros([2], { dtype: place.dtype }))];
    expect(await clipGradNorm([w, idle], 1).item()).toBe(0);
    backwardWith([w, [3, 4]]);
    expect(await clipGradNorm([idle, w], 1).item()).toBeCloseTo(5, 6);
    expect(idle.grad).toBeNull();
  });
});
