import { gradcheck, type Tensor, type Variable } from "@tsuki/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { expectClose } from "../test/close.ts";
import { normal, normal64 } from "../test/random.ts";
import { Linear } from "./linear.ts";

const sizes = fc.record({
  rows: fc.integer({ min: 0, max: 4 }),
  inFeatures: fc.integer({ min: 1, max: 9 }),
  outFeatures: fc.integer({ min: 1, max: 9 }),
  bias: fc.boolean(),
});

onEachDevice(() => {
  test("y = x·Wᵀ + b, row by row", async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async ({ rows, inFeatures, outFeatures, bias }) => {
        const layer = new Linear({ inFeatures, outFeatures, bias });
        const w = await normal(1, [outFeatures, inFeatures]);
        const b = await normal(2, [outFeatures]);
        const x = await normal(3, [2, rows, inFeatures]);
        layer.weight.assign(w.x);
        layer.bias?.assign(b.x);
        const y = layer.call(x.x);
        const expected = Array.from({ length: 2 * rows * outFeatures }, (_, place) => {
          const [row, out] = [Math.floor(place / outFeatures), place % outFeatures];
          const terms = Array.from(
            { length: inFeatures },
            (_, i) => x.values[row * inFeatures + i] * w.values[out * inFeatures + i],
          );
          return terms.reduce((sum, term) => sum + term, bias ? b.values[out] : 0);
        });
        expect(y.shape).toEqual([2, rows, outFeatures]);
        expectClose(await y.data(), expected, 1e-5);
      }),
    );
  });

  test("weights that do not fit are an error that shows both shapes", async () => {
    const layer = new Linear({ inFeatures: 3, outFeatures: 2 });
    expect(() => layer.call(layer.weight.transpose())).toThrow(/\[3,2\] × \[3,2\]/);
  });
});

test("gradients of input, weight and bias", async () => {
  const layer = (x: Variable, weight: Variable, bias: Variable): Tensor => {
    const linear = new Linear({ inFeatures: 4, outFeatures: 3, bias: true });
    linear.weight = weight;
    linear.bias = bias;
    return linear.call(x.read());
  };
  await gradcheck(layer, [await normal64(1, [2, 4]), await normal64(2, [3, 4]), await normal64(3, [3])]);
});
