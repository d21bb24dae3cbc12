import { histogram, readAll, tensor } from "@tsuki/core";
import { gradcheck } from "@tsuki/core/autograd";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { biasDirection, loadStatistics, sequenceAuxiliaryLoss } from "./balance.ts";

onEachDevice((device) => {
  test("the golden increments: signs 1 1 −1 −1 −1 1 −1 −1", async () => {
    const direction = biasDirection(tensor([1, 2, 9, 8, 7, 0, 9, 8]));
    expect(await direction.array()).toEqual([1.25, 1.25, -0.75, -0.75, -0.75, 1.25, -0.75, -0.75]);
  });

  test("a balanced load moves nothing", async () => {
    expect(await biasDirection(tensor([3, 3, 3])).array()).toEqual([0, 0, 0]);
  });

  test("an expert with too few tokens rises against one with too many; the sum stays 0", async () => {
    const loads = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 2, maxLength: 64 });
    await fc.assert(
      fc.asyncProperty(loads, async (load) => {
        const direction = (await biasDirection(tensor(load)).array()) as number[];
        const mean = load.reduce((sum, count) => sum + count, 0) / load.length;
        const [least, most] = [load.indexOf(Math.min(...load)), load.indexOf(Math.max(...load))];
        if (Math.max(...load) - mean > 1e-3) expect(direction[least]).toBeGreaterThan(direction[most]);
        expect(Math.abs(direction.reduce((sum, step) => sum + step, 0))).toBeLessThan(load.length * 2 ** -22);
      }),
    );
  });

  test("violations are in units of the mean load", async () => {
    const statistics = await readAll({ ...loadStatistics(tensor([6, 2, 4, 0])) });
    const { relativeLoad, maxViolation, meanViolation } = statistics;
    expect([...relativeLoad.data].map((load) => load.toFixed(3))).toEqual(["2.000", "0.667", "1.333", "0.000"]);
    expect(maxViolation.data[0]).toBe(1);
    expect(meanViolation.data[0]).toBeCloseTo(2 / 3, 6);
  });

  test("the auxiliary loss's golden number", async () => {
    const scores = tensor([
      [
        [0.9, 0.1, 0.5, 0.5],
        [0.2, 0.8, 0.6, 0.4],
      ],
    ]);
    const indices = tensor(new Int32Array([0, 2, 1, 2]), { shape: [1, 2, 2] });
    expect(await histogram(indices, 4).array()).toEqual([1, 1, 2, 0]);
    expect(await sequenceAuxiliaryLoss(scores, indices).item()).toBeCloseTo(1.05, 6);
  });

  test("the auxiliary loss is 1 where the choices are in balance, whatever the scores", async () => {
    const score = fc.double({ min: 0.01, max: 1, noNaN: true });
    const scores = fc.array(fc.array(score, { minLength: 4, maxLength: 4 }), { minLength: 4, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(scores, async (values) => {
        const indices = tensor(new Int32Array([0, 1, 2, 3, 0, 2, 1, 3]), { shape: [2, 2, 2] });
        const loss = sequenceAuxiliaryLoss(tensor(values).reshape([2, 2, 4]), indices);
        expect(await loss.item()).toBeCloseTo(1, 5);
      }),
    );
  });

  test("scores and choices of different shapes are refused", () => {
    const scores = tensor([[[0.9, 0.1]]]);
    expect(() => sequenceAuxiliaryLoss(scores, tensor(new Int32Array([0, 0]), { shape: [1, 2, 1] }))).toThrow(
      "[1,1,2]",
    );
  });

  if (device === "reference") {
    test("the auxiliary loss's gradient", async () => {
      const scores = tensor(
        [
          [
            [0.9, 0.1, 0.5, 0.5],
            [0.2, 0.8, 0.6, 0.4],
          ],
        ],
        { dtype: "float64" },
      );
      const indices = tensor(new Int32Array([0, 2, 1, 2]), { shape: [1, 2, 2] });
      await gradcheck((s) => sequenceAuxiliaryLoss(s.read(), indices), [scores]);
    });
  }
});
