import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { onDevice, onEveryDevice, type Place } from "../test/devices.ts";
import { distance } from "../test/spectra.ts";
import { backwardWith, weight } from "../test/training.ts";
import { SGD, type SGDOptions } from "./sgd.ts";

const unit = fc.double({ min: 0, max: 0.99, noNaN: true });
const options = fc.oneof(
  fc.record({ lr: unit, weightDecay: unit, momentum: fc.constant(0), dampening: unit }),
  fc.record({
    lr: unit,
    weightDecay: unit,
    momentum: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
    dampening: unit,
  }),
  fc.record({
    lr: unit,
    weightDecay: unit,
    momentum: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
    nesterov: fc.constant(true),
  }),
);
const gradients = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 1, maxLength: 4 });

/** torch.optim.SGD of one number, but for the decay, which is decoupled. */
function scalarSGD(start: number, all: readonly number[], chosen: Partial<SGDOptions>): number {
  const { lr = 1e-3, weightDecay = 0, momentum = 0, dampening = 0, nesterov = false } = chosen;
  let w = start;
  let buffer: number | null = null;
  for (const g of all) {
    buffer = buffer === null ? g : momentum * buffer + (1 - dampening) * g;
    const u = momentum === 0 ? g : nesterov ? g + momentum * buffer : buffer;
    w = w * (1 - lr * weightDecay) - lr * u;
  }
  return w;
}

onEveryDevice("SGD", (place) => {
  it("is the formula, for any options and gradients", async () => {
    await fc.assert(
      fc.asyncProperty(options, gradients, async (chosen, all) => {
        const w = weight(place, [], [0.5]);
        const optimizer = new SGD({ w }, chosen);
        for (const g of all) {
          backwardWith([w, [g]]);
          await optimizer.step();
        }
        const expected = scalarSGD(0.5, all, chosen);
        expect(Math.abs((await w.item()) - expected)).toBeLessThan(place.tolerance(1e-12, 1e-5));
      }),
    );
  });

  it("without momentum is torch's with weight decay λ, which adds λ·W to the gradient, and has no state", async () => {
    const [lr, decay] = [0.25, 0.5];
    const w = weight(place, [2], [1, -2]);
    const optimizer = new SGD({ w }, { lr, weightDecay: decay });
    let expected = [1, -2];
    for (const g of [
      [1, 2],
      [-3, 0.5],
    ]) {
      backwardWith([w, g]);
      await optimizer.step();
      expected = expected.map((value, i) => value - lr * (g[i] + decay * value));
    }
    expect(distance(await w.data(), expected)).toBeLessThan(place.tolerance(1e-14, 1e-6));
    expect(optimizer.stateDict()).toEqual({ tensors: {}, steps: { w: 2 } });
  });

  it("makes its state when momentum is switched on", async () => {
    const w = weight(place, [1], [1]);
    const optimizer = new SGD({ w }, { lr: 0.5 });
    const step = async (): Promise<number> => {
      backwardWith([w, [1]]);
      await optimizer.step();
      return w.item();
    };
    expect(await step()).toBe(0.5);
    optimizer.groups[0].momentum = 0.5;
    expect([await step(), await step()]).toEqual([0, -0.75]);
    expect(Object.keys(optimizer.stateDict().tensors)).toEqual(["w.momentum_buffer"]);
  });
});

describe("SGD", () => {
  onDevice("reference");
  const place: Place = { name: "reference", dtype: "float32", tolerance: (_float64, float32) => float32 };

  it("refuses options that make no sense", () => {
    const w = weight(place, [1], [1]);
    expect(() => new SGD({ w }, { momentum: 1 })).toThrow("sgd: momentum is a number in [0, 1), not 1");
    expect(() => new SGD({ w }, { dampening: -1 })).toThrow("sgd: dampening is a number in [0, 1), not -1");
    expect(() => new SGD({ w }, { nesterov: true })).toThrow("nesterov needs momentum > 0 and dampening 0");
    expect(() => new SGD({ w }, { nesterov: true, momentum: 0.9, dampening: 0.1 })).toThrow(
      "not momentum 0.9 and dampening 0.1",
    );
  });
});
