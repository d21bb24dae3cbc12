import { tensor, type Variable, zeros } from "@tsuki/core";
import { gradcheck } from "@tsuki/core/autograd";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { normal64 } from "../test/random.ts";
import { mseLoss } from "./mse-loss.ts";

onEachDevice(() => {
  test("(x − y)²: its mean, its sum, or each", async () => {
    const [x, y] = [tensor([[1, 2, 3]]), tensor([[3, 2, 0]])];
    expect(await mseLoss(x, y).item()).toBeCloseTo(13 / 3, 6);
    expect(await mseLoss(x, y, { reduction: "sum" }).item()).toBe(13);
    expect(await mseLoss(x, y, { reduction: "none" }).array()).toEqual([[4, 0, 9]]);
  });
});

test("shapes that would broadcast are an error", () => {
  expect(() => mseLoss(zeros([3, 1]), zeros([3]))).toThrow("mseLoss: equal shapes are needed, not [3,1] and [3]");
});

test("gradients of both", async () => {
  await gradcheck(
    (x: Variable, y: Variable) => mseLoss(x.read(), y),
    [await normal64(1, [2, 3]), await normal64(2, [2, 3])],
  );
});
