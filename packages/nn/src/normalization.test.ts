import { type Tensor, tensor, type Variable, zeros } from "@tsuki/core";
import { gradcheck } from "@tsuki/core/autograd";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { expectClose } from "../test/close.ts";
import { normal, normal64 } from "../test/random.ts";
import { LayerNorm, layerNorm, RMSNorm, rmsNorm } from "./normalization.ts";

function standardDeviation(row: readonly number[]): number {
  const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
  return Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length);
}

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
    expect(await new LayerNorm({ size: 3 }).call(tensor([[7, 7, 7]])).array()).toEqual([[0, 0, 0]]);
  });

  const rows = fc.record({
    lead: fc.integer({ min: 0, max: 3 }),
    size: fc.integer({ min: 2, max: 30 }),
    shift: fc.constantFrom(-3, 0, 100),
    scale: fc.constantFrom(0.5, 1, 8),
    seed: fc.nat(1000),
  });

  test("layerNorm: (x − mean) / √(variance + eps), over one or several trailing axes", async () => {
    await fc.assert(
      fc.asyncProperty(rows, async ({ lead, size, shift, scale, seed }) => {
        const { x, values } = await normal(seed, [lead, size, 2]);
        const width = 2 * size;
        const expected = values.map((value, place) => {
          const row = values.slice(place - (place % width), place - (place % width) + width).map((v) => scale * v);
          const mean = row.reduce((sum, v) => sum + v, 0) / width;
          const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / width;
          return (scale * value - mean) / Math.sqrt(variance + 1e-5);
        });
        const moved = x.mul(scale).add(shift).keep();
        // Shifted entries are rounded to 2⁻²⁴ of the shift.
        const tolerance = 1e-5 * Math.max(1, Math.abs(shift));
        expectClose(await layerNorm(moved, { axes: 2 }).data(), expected, tolerance);
        expectClose(await new LayerNorm({ size: [size, 2] }).call(moved).data(), expected, tolerance);
        expectClose(await layerNorm(moved.reshape([lead, width])).data(), expected, tolerance);
      }),
    );
  });

  test("layerNorm ignores a shift and, without eps, a positive factor; its rows have mean 0 and variance 1", async () => {
    await fc.assert(
      fc.asyncProperty(rows, async ({ size, shift, scale, seed }) => {
        const { x, values } = await normal(seed, [2, size]);
        const plain = layerNorm(x, { eps: 0 }).keep();
        const y = await plain.data();
        // Entries are rounded to 2⁻²⁴ of themselves, and then divided by the deviation of their row.
        const deviation = Math.min(...[values.slice(0, size), values.slice(size)].map(standardDeviation));
        const rounding = (largest: number): number => 1e-6 * (1 + largest / deviation);
        const close = rounding(4 + Math.abs(shift) / scale);
        expectClose(await layerNorm(x.mul(scale).add(shift), { eps: 0 }).data(), y, close);
        expectClose(
          await layerNorm(x.neg(), { eps: 0 }).data(),
          y.map((value) => -value),
          1e-6,
        );
        expectClose(await plain.mean({ axis: 1 }).data(), [0, 0], rounding(4));
        expectClose(await plain.square().mean({ axis: 1 }).data(), [1, 1], rounding(4));
      }),
    );
  });

  test("gain and bias come last", async () => {
    const norm = new LayerNorm({ size: 3 });
    expect(Object.keys(norm.namedParameters())).toEqual(["weight", "bias"]);
    const { x } = await normal(1, [2, 3]);
    const [weight, bias] = [tensor([1, 2, 3]), tensor([4, 5, 6])];
    norm.weight.assign(weight);
    norm.bias?.assign(bias);
    expectClose(await norm.call(x).data(), await layerNorm(x).mul(weight).add(bias).data(), 1e-6);
    const plain = new LayerNorm({ size: 3, bias: false });
    expect(plain.bias).toBeNull();
    expect(await plain.call(x).data()).toEqual(await layerNorm(x).data());
  });
});

test("another width is an error, not a broadcast", () => {
  const x = zeros([2, 1]);
  expect(() => new RMSNorm({ size: 5 }).call(x)).toThrow("rmsNorm: a weight [5] needs x [..., 5], not [2,1]");
  expect(() => new LayerNorm({ size: [5, 1] }).call(x)).toThrow("layerNorm: a weight [5,1] needs x [..., 5,1]");
  expect(() => layerNorm(x, { bias: zeros([2]) })).toThrow("layerNorm: a bias [2] needs x [..., 2], not [2,1]");
  expect(() => layerNorm(x, { axes: 3 })).toThrow("layerNorm: [2,1] has no 3 axes");
  expect(() => rmsNorm(x, { axes: 0 })).toThrow("axes is a whole number ≥ 1, not 0");
});

test("gradients of layerNorm's input, gain and bias", async () => {
  const layer = (x: Variable, weight: Variable, bias: Variable): Tensor => layerNorm(x.read(), { weight, bias });
  await gradcheck(layer, [await normal64(1, [2, 2, 3]), await normal64(2, [2, 3]), await normal64(3, [2, 3])]);
});

test("gradients of input and gain", async () => {
  const layer = (x: Variable, weight: Variable): Tensor => {
    const norm = new RMSNorm({ size: 5, eps: 1e-5 });
    norm.weight = weight;
    return norm.call(x.read());
  };
  await gradcheck(layer, [await normal64(1, [2, 5]), await normal64(2, [5])]);
});
