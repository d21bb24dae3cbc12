import { type Tensor, tensor, type Variable } from "@tsuki/core";
import { gradcheck } from "@tsuki/core/autograd";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { expectClose } from "../test/close.ts";
import { normal, normal64 } from "../test/random.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { nllLoss } from "./nll-loss.ts";

const ids = (...values: number[]): Tensor => tensor(Int32Array.from(values));

onEachDevice(() => {
  test("of log-probabilities it is the cross-entropy of the logits", async () => {
    const cases = fc.record({
      classes: fc.integer({ min: 1, max: 9 }),
      weighted: fc.boolean(),
      reduction: fc.constantFrom("mean", "sum", "none"),
      seed: fc.nat(1000),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ classes, weighted, reduction, seed }) => {
        const { x } = await normal(seed, [3, classes]);
        const targets = ids(seed % classes, -1, (seed + 1) % classes);
        const weight = weighted ? tensor((await normal(seed + 1, [classes])).values.map(Math.abs)) : undefined;
        const options = { weight, reduction, ignoreIndex: -1 };
        const loss = nllLoss(x.logSoftmax(), targets, options);
        expectClose(await loss.data(), await crossEntropy(x, targets, options).data(), 1e-5);
      }),
    );
  });

  test("values as they are, weighted, with the classes in any axis", async () => {
    const scores = tensor([
      [-1, -2],
      [-3, -4],
    ]);
    expect(await nllLoss(scores, ids(1, 0), { reduction: "none" }).array()).toEqual([2, 3]);
    expect(await nllLoss(scores, ids(1, 0), { axis: 0, reduction: "none" }).array()).toEqual([3, 2]);
    expect(await nllLoss(scores, ids(1, 0), { weight: tensor([1, 3]) }).item()).toBe((3 * 2 + 3) / 4);
    expect(await nllLoss(scores, ids(-100, -100)).item()).toBe(0);
  });
});

test("what does not fit is an error at the call", () => {
  const scores = tensor([[1, 2]]);
  expect(() => nllLoss(scores, tensor([1]))).toThrow("nllLoss: classes are int32, not float32");
  expect(() => nllLoss(scores, ids(1, 1))).toThrow("nllLoss: scores [..., V] and targets [...] are needed");
});

test("gradients", async () => {
  const weight = tensor(Float64Array.of(0.5, 1, 2, 0.3));
  await gradcheck((x: Variable) => nllLoss(x.read(), ids(1, -100, 3), { weight }), [await normal64(1, [3, 4])]);
});
