import { gradcheck, type Tensor, tensor, type Variable } from "@tsuki/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { expectClose } from "../test/close.ts";
import { normal, normal64 } from "../test/random.ts";
import { RMSNorm } from "./normalization.ts";

onEachDevice(() => {
  test("x / √(mean(x²) + eps) · weight, row by row", async () => {
    const cases = fc.record({
      rows: fc.integer({ min: 0, max: 4 }),
      size: fc.integer({ min: 1, max: 40 }),
      eps: fc.constantFrom(1e-6, 1e-5, 0.1),
      scale: fc.constantFrom(1e-3, 1, 1e3),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ rows, size, eps, scale }) => {
        const norm = new RMSNorm({ size, eps });
        const x = await normal(1, [rows, size]);
        const weight = await normal(2, [size]);
        norm.weight.assign(weight.x);
        const expected = x.values.map((value, place) => {
          const row = x.values.slice(place - (place % size), place - (place % size) + size).map((v) => v * scale);
          const mean = row.reduce((sum, v) => sum + v * v, 0) / size;
          return ((value * scale) / Math.sqrt(mean + eps)) * weight.values[place % size];
        });
        expectClose(await norm.call(x.x.mul(scale)).data(), expected, 2e-6);
      }),
    );
  });

  test("a row of zeros stays zero", async () => {
    expect(await new RMSNorm({ size: 3 }).call(tensor([[0, 0, 0]])).array()).toEqual([[0, 0, 0]]);
  });
});

test("gradients of input and gain", async () => {
  const layer = (x: Variable, weight: Variable): Tensor => {
    const norm = new RMSNorm({ size: 5, eps: 1e-5 });
    norm.weight = weight;
    return norm.call(x.read());
  };
  await gradcheck(layer, [await normal64(1, [2, 5]), await normal64(2, [5])]);
});
