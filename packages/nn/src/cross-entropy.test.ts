import { gradcheck, PlanError, type Tensor, tensor, type Variable, variable } from "@tsuki/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { expectClose } from "../test/close.ts";
import { normal, normal64 } from "../test/random.ts";
import { type CrossEntropyOptions, crossEntropy } from "./cross-entropy.ts";

const ids = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor =>
  tensor(Int32Array.from(values), { shape });

onEachDevice(() => {
  test("−log softmax(logits)[target], over the targets that count", async () => {
    const cases = fc.record({
      rows: fc.integer({ min: 1, max: 6 }),
      classes: fc.integer({ min: 1, max: 30 }),
      ignoreIndex: fc.constantFrom(undefined, 0, 2, -1),
      scale: fc.constantFrom(1, 100),
      seed: fc.nat(1000),
    });
    const picks = fc.array(fc.nat(), { minLength: 12, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(cases, picks, async ({ rows, classes, ignoreIndex = -100, scale, seed }, choices) => {
        const logits = await normal(seed, [2, rows, classes]);
        const targets = choices.slice(0, 2 * rows).map((pick) => (pick % 4 === 0 ? ignoreIndex : pick % classes));
        const losses = targets.map((target, row) => {
          if (target === ignoreIndex) return 0;
          const scores = logits.values.slice(row * classes, (row + 1) * classes).map((value) => value * scale);
          const top = Math.max(...scores);
          return Math.log(scores.reduce((sum, score) => sum + Math.exp(score - top), 0)) + top - scores[target];
        });
        const sum = losses.reduce((a, b) => a + b, 0);
        const counted = targets.filter((target) => target !== ignoreIndex).length;
        const loss = (reduction?: CrossEntropyOptions["reduction"]): Tensor =>
          crossEntropy(logits.x.mul(scale), ids(targets, [2, rows]), { ignoreIndex, ...(reduction && { reduction }) });
        expectClose(await loss("none").data(), losses, 1e-6);
        expectClose(await loss("sum").data(), [sum], 1e-5);
        expectClose(await loss().data(), [counted === 0 ? 0 : sum / counted], 1e-6);
      }),
    );
  });

  test("logits of any size give a finite loss", async () => {
    const logits = tensor([
      [3e38, -3e38],
      [-3e38, 1e-38],
    ]);
    expect(await crossEntropy(logits, ids([0, 1]), { reduction: "none" }).array()).toEqual([0, 0]);
  });

  test("nothing counted: loss 0, gradient 0", async () => {
    const logits = variable(tensor([[1, 2, 3]]), { requiresGrad: true });
    const loss = crossEntropy(logits.read(), ids([-100]));
    loss.backward();
    expect(await loss.item()).toBe(0);
    expect(await logits.grad?.array()).toEqual([[0, 0, 0]]);
  });

  test("the gradient is softmax − target, and 0 where the target is ignored", async () => {
    const { x, values } = await normal(5, [3, 4]);
    const logits = variable(x, { requiresGrad: true });
    crossEntropy(logits.read(), ids([2, -100, 0])).backward();
    const expected = [2, null, 0].flatMap((target, row) => {
      const weights = values.slice(4 * row, 4 * row + 4).map(Math.exp);
      const total = weights.reduce((a, b) => a + b);
      return weights.map((weight, i) => (target === null ? 0 : (weight / total - (i === target ? 1 : 0)) / 2));
    });
    expectClose((await logits.grad?.data()) ?? [], expected, 1e-6);
  });

  test("a target that is no class is an error when it runs", async () => {
    await expect(crossEntropy(tensor([[1, 2]]), ids([2])).item()).rejects.toThrow(PlanError);
    await expect(crossEntropy(tensor([[1, 2]]), ids([-1])).item()).rejects.toThrow(/gather.*\[0, 2\)/);
  });
});

test("what does not fit is an error at the call", () => {
  const logits = tensor([[1, 2]]);
  expect(() => crossEntropy(logits, tensor([1]))).toThrow("targets are int32, not float32");
  expect(() => crossEntropy(logits, ids([1, 1]))).toThrow("not [1,2] and [2]");
  const reduction = "avg" as "mean";
  expect(() => crossEntropy(logits, ids([1]), { reduction })).toThrow('"mean", "sum" or "none", not "avg"');
});

test("gradients of every reduction", async () => {
  const logits = await normal64(1, [2, 3, 5]);
  const targets = ids([0, 4, -100, 2, 2, -100], [2, 3]);
  for (const reduction of ["mean", "sum", "none"] as const) {
    await gradcheck((x: Variable) => crossEntropy(x.read(), targets, { reduction }), [logits]);
  }
});
