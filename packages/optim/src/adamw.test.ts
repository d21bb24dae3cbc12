import type { Variable } from "@tsuki/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { onDevice, onEveryDevice, type Place } from "../test/devices.ts";
import { golden, goldenAt, goldenCases } from "../test/golden.ts";
import { distance } from "../test/spectra.ts";
import { backwardWith, weight } from "../test/training.ts";
import { AdamW, type AdamWOptions } from "./adamw.ts";

onEveryDevice("AdamW", (place) => {
  const orders = [
    { reference: "torch", options: {} },
    { reference: "toy", options: { epsOrder: "beforeBiasCorrection" } },
  ] as const;
  for (const { reference, options } of orders) {
    it(`follows the golden steps of the ${reference} order`, async () => {
      const cases = goldenCases("adamw.*.weight");
      const start = cases.map((name) => [name, golden(`adamw.${name}.weight`)] as const);
      const weights = new Map(start.map(([name, { shape, data }]) => [name, weight(place, shape, data)]));
      const optimizer = new AdamW(weights, { lr: 0.01, weightDecay: 0.1, ...options });
      for (const step of [0, 1, 2, 3, 4]) {
        backwardWith(...[...weights].map(([name, w]) => [w, goldenAt(`adamw.${name}.grads`, step)] as const));
        await optimizer.step();
        const { tensors } = optimizer.stateDict();
        for (const [name, w] of weights) {
          const off = distance(await w.data(), goldenAt(`adamw.${name}.${reference}.f64.weights`, step));
          expect(off, `${name}, step ${step}`).toBeLessThan(place.tolerance(1e-9, 1e-5));
          const moments = [tensors[`${name}.exp_avg`], tensors[`${name}.exp_avg_sq`]] as const;
          for (const [i, moment] of moments.entries()) {
            const expected = goldenAt(`adamw.${name}.toy.f64.moment${i + 1}`, step);
            const relative = [...(await moment.data())].map((value, at) => value / (expected[at] || 1));
            expect(
              distance(
                relative,
                [...expected].map((value) => (value === 0 ? 0 : 1)),
              ),
            ).toBeLessThan(place.tolerance(1e-9, 1e-5));
          }
        }
      }
    });
  }

  it("follows the printed steps of the Moonlight facts", async () => {
    const w = weight(place, [2], [1, -2]);
    const optimizer = new AdamW({ w }, { lr: 0.01, weightDecay: 0.1, betas: [0.9, 0.95], eps: 1e-8 });
    for (const expected of [
      [0.989, -1.988],
      [0.978011, -1.976012],
    ]) {
      backwardWith([w, [0.1, -0.3]]);
      await optimizer.step();
      expect(distance(await w.data(), expected)).toBeLessThan(place.tolerance(1e-8, 1e-5));
    }
  });

  it("is the formula, for any options and gradients", async () => {
    const options = fc.record({
      lr: fc.double({ min: 0, max: 0.1, noNaN: true }),
      weightDecay: fc.double({ min: 0, max: 1, noNaN: true }),
      betas: fc.tuple(fc.double({ min: 0, max: 0.99, noNaN: true }), fc.double({ min: 0.5, max: 0.999, noNaN: true })),
      eps: fc.constantFrom(1e-8, 1e-3),
      epsOrder: fc.constantFrom("afterBiasCorrection" as const, "beforeBiasCorrection" as const),
    });
    const gradient = fc.oneof(
      fc.constant(0),
      fc.double({ min: 0.01, max: 2, noNaN: true }),
      fc.double({ min: -2, max: -0.01, noNaN: true }),
    );
    await fc.assert(
      fc.asyncProperty(options, fc.array(gradient, { minLength: 1, maxLength: 4 }), async (chosen, gradients) => {
        const w = weight(place, [], [0.5]);
        const optimizer = new AdamW({ w }, chosen);
        for (const g of gradients) {
          backwardWith([w, [g]]);
          await optimizer.step();
        }
        expect(Math.abs((await w.item()) - scalarAdamW(0.5, gradients, chosen))).toBeLessThan(
          place.tolerance(1e-12, 1e-5),
        );
      }),
    );
  });

  it("counts each parameter's own updates: one that is skipped does not move its bias correction", async () => {
    const [often, rarely]: Variable[] = [weight(place, [1], [1]), weight(place, [1], [1])];
    const optimizer = new AdamW({ often, rarely }, { lr: 0.1, weightDecay: 0.1 });
    for (const step of [0, 1, 2]) {
      backwardWith([often, [0.5]], [rarely, step === 1 ? null : [0.5]]);
      await optimizer.step();
    }
    const options = {
      lr: 0.1,
      weightDecay: 0.1,
      betas: [0.9, 0.95],
      eps: 1e-8,
      epsOrder: "afterBiasCorrection",
    } as const;
    expect(optimizer.stateDict().steps).toEqual({ often: 3, rarely: 2 });
    expect(Math.abs((await often.item()) - scalarAdamW(1, [0.5, 0.5, 0.5], options))).toBeLessThan(
      place.tolerance(1e-12, 1e-5),
    );
    expect(Math.abs((await rarely.item()) - scalarAdamW(1, [0.5, 0.5], options))).toBeLessThan(
      place.tolerance(1e-12, 1e-5),
    );
  });
});

/** AdamW of one number on the host. */
function scalarAdamW(
  start: number,
  gradients: readonly number[],
  options: Omit<AdamWOptions, "cautiousWeightDecay">,
): number {
  const { lr, weightDecay, betas, eps, epsOrder } = options;
  let [w, m, v] = [start, 0, 0];
  for (const [i, g] of gradients.entries()) {
    m = betas[0] * m + (1 - betas[0]) * g;
    v = betas[1] * v + (1 - betas[1]) * g * g;
    const [c1, c2] = betas.map((beta) => 1 - beta ** (i + 1));
    const u =
      epsOrder === "afterBiasCorrection"
        ? m / c1 / (Math.sqrt(v / c2) + eps)
        : (m / (Math.sqrt(v) + eps)) * (Math.sqrt(c2) / c1);
    w = w * (1 - lr * weightDecay) - lr * u;
  }
  return w;
}

describe("AdamW", () => {
  onDevice("reference");
  const place: Place = { name: "reference", dtype: "float32", tolerance: (_float64, float32) => float32 };

  it("refuses options that make no sense", () => {
    const w = weight(place, [1], [1]);
    expect(() => new AdamW({ w }, { betas: [0.9, 1] })).toThrow("the second of betas");
    expect(() => new AdamW({ w }, { betas: [-0.1, 0.9] })).toThrow("the first of betas");
    expect(() => new AdamW({ w }, { eps: -1 })).toThrow("eps");
  });
});
