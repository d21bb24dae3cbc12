import { parameter, type Tensor, type Variable, zeros } from "@tsuki/core";
import { gradcheck } from "@tsuki/core/autograd";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { expectClose } from "../test/close.ts";
import { normal, normal64 } from "../test/random.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";

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
});

test("a width that does not fit is an error that names the layer and both widths", () => {
  class Model extends Module<[x: Tensor], Tensor> {
    readonly gateProj = new Linear({ inFeatures: 3, outFeatures: 2 });
    forward(x: Tensor): Tensor {
      return this.gateProj.call(x);
    }
  }
  expect(() => new Model().call(zeros([4, 5]))).toThrow(
    "gate_proj: Linear(3 → 2): an input [..., 3] is needed, not [4,5]",
  );
});

test("a weight of another module is used, not copied", () => {
  const weight = parameter(zeros([2, 3]), { name: "table" });
  expect(new Linear({ inFeatures: 3, outFeatures: 2, weight }).weight).toBe(weight);
  expect(() => new Linear({ inFeatures: 2, outFeatures: 3, weight })).toThrow(
    'Linear: a weight [3,2] is needed, "table" is [2,3]',
  );
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
