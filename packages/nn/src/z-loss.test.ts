import { tensor, type Variable, zeros } from "@tsuki/core";
import { gradcheck } from "@tsuki/core/autograd";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { expectClose } from "../test/close.ts";
import { normal, normal64 } from "../test/random.ts";
import { zLoss } from "./z-loss.ts";

onEachDevice(() => {
  test("(log Σ e^x)², over the places that count", async () => {
    const { x, values } = await normal(1, [4, 5]);
    const each = [0, 1, 2, 3].map(
      (row) => Math.log(values.slice(5 * row, 5 * row + 5).reduce((sum, value) => sum + Math.exp(value), 0)) ** 2,
    );
    const mask = tensor([true, false, true, true]);
    const counted = each.map((loss, row) => (row === 1 ? 0 : loss));
    const sum = (of: number[]): number => of.reduce((a, b) => a + b);
    expectClose(await zLoss(x).data(), [sum(each) / 4], 1e-5);
    expectClose(await zLoss(x, { mask }).data(), [sum(counted) / 3], 1e-5);
    expectClose(await zLoss(x, { mask, reduction: "sum" }).data(), [sum(counted)], 1e-5);
    expectClose(await zLoss(x, { mask, reduction: "none" }).data(), counted, 1e-5);
    expect(await zLoss(x, { mask: mask.logicalAnd(0) }).item()).toBe(0);
  });

  test("log-probabilities have none, and a large normaliser does not overflow", async () => {
    expectClose(await zLoss((await normal(2, [3, 7])).x.logSoftmax()).data(), [0], 1e-6);
    expect(await zLoss(tensor([[1e4, 0]])).item()).toBe(1e8);
  });
});

test("masks that do not fit are an error", () => {
  expect(() => zLoss(zeros([2, 3]), { mask: zeros([2]) })).toThrow("the mask is bool (true: counts), not float32");
  expect(() => zLoss(zeros([2, 3]), { mask: zeros([3]).eq(0) })).toThrow("a mask [2] is needed for logits [2,3]");
});

test("gradients", async () => {
  const mask = tensor([true, false]);
  await gradcheck((x: Variable) => zLoss(x.read(), { mask }), [await normal64(1, [2, 4])]);
});
