import { Generator, withDefaultDtype } from "@tsuki/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { Embedding } from "./embedding.ts";
import * as init from "./init.ts";
import { Linear } from "./linear.ts";

const seeds = fc.nat();

function moments(values: ArrayLike<number>): { mean: number; std: number } {
  const all = Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  return { mean, std: Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length) };
}

onEachDevice((device) => {
  test("normal: mean and standard deviation", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.constantFrom(0.02, 3), async (seed, std) => {
        const { mean, std: spread } = moments(
          await init.normal({ mean: 1, std })([100, 100], new Generator(seed)).data(),
        );
        expect(Math.abs(mean - 1)).toBeLessThan((5 * std) / 100);
        expect(Math.abs(spread / std - 1)).toBeLessThan(5 / Math.sqrt(2 * 1e4));
      }),
    );
  });

  test("kaimingUniform: fills ±√(6 / ((1 + a²) · fanIn))", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.constantFrom(undefined, 0), async (seed, a) => {
        const bound = a === undefined ? 1 / Math.sqrt(50) : Math.sqrt(6 / 50);
        const values = await init
          .kaimingUniform(a === undefined ? {} : { a })([100, 50], new Generator(seed))
          .data();
        const largest = Math.max(...Array.from(values, Math.abs));
        expect(largest).toBeLessThanOrEqual(bound * (1 + 1e-6));
        expect(largest).toBeGreaterThan(0.99 * bound);
        expect(Math.abs(moments(values).mean)).toBeLessThan((5 * bound) / Math.sqrt(3 * 5000));
      }),
    );
  });

  test("zeros and ones", async () => {
    expect(await init.zeros([2, 1]).array()).toEqual([[0], [0]]);
    expect(await init.ones([3]).array()).toEqual([1, 1, 1]);
  });

  test("layers take their weights from the initialiser and the generator that they are given", async () => {
    const options = { inFeatures: 3, outFeatures: 2, init: init.normal({ std: 0.02 }) };
    const layer = new Linear({ ...options, generator: new Generator(4) });
    const again = new Linear({ ...options, generator: new Generator(4) });
    expect(await layer.weight.data()).toEqual(await again.weight.data());
    expect(await layer.weight.data()).toEqual(await new Generator(4).normal([2, 3], { mean: 0, std: 0.02 }).data());
    const table = new Embedding({ numEmbeddings: 2, embeddingDim: 2, init: init.ones });
    expect(await table.weight.array()).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  if (device === "reference") {
    test("values have the default float type", async () => {
      const made = withDefaultDtype("float64", () =>
        [init.normal(), init.uniform(), init.kaimingUniform(), init.ones].map((f) => f([2])),
      );
      expect(made.map((x) => x.dtype)).toEqual(new Array(4).fill("float64"));
    });
  }
});
