import { oneHot, PlanError, type Tensor, tensor, type Variable, variable } from "@tsuki/core";
import { gradcheck } from "@tsuki/core/autograd";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { expectClose } from "../test/close.ts";
import { normal, normal64 } from "../test/random.ts";
import { type CrossEntropyOptions, crossEntropy } from "./cross-entropy.ts";

const ids = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor =>
  tensor(Int32Array.from(values), { shape });

/** −log softmax of a row. */
function surprises(row: readonly number[]): number[] {
  const total = Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0));
  return row.map((value) => total - value);
}

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
        // The scaled logits, the log of their sum and the difference are rounded, each to a part 2⁻²⁴ of the largest logit.
        const rounding = 4 * 2 ** -24 * scale * Math.max(...logits.values.map(Math.abs));
        const loss = (reduction?: CrossEntropyOptions["reduction"]): Tensor =>
          crossEntropy(logits.x.mul(scale), ids(targets, [2, rows]), { ignoreIndex, ...(reduction && { reduction }) });
        expectClose(await loss("none").data(), losses, 1e-6 + rounding);
        expectClose(await loss("sum").data(), [sum], 1e-5 + counted * rounding);
        expectClose(await loss().data(), [counted === 0 ? 0 : sum / counted], 1e-6 + rounding);
      }),
    );
  });

  const smoothCases = fc.record({
    classes: fc.integer({ min: 1, max: 9 }),
    smoothing: fc.constantFrom(undefined, 0, 0.1, 1),
    weighted: fc.boolean(),
    reduction: fc.constantFrom("mean", "sum", "none"),
    seed: fc.nat(1000),
  });

  test("label smoothing ε with class weights w: (1 − ε)·w_y·loss_y + ε/V·Σ_c w_c·loss_c, divided by Σ w_y", async () => {
    await fc.assert(
      fc.asyncProperty(smoothCases, async ({ classes, smoothing, weighted, reduction, seed }) => {
        const { x, values } = await normal(seed, [3, classes]);
        const noise = await normal(seed + 1, [classes]);
        const w = noise.values.map((value) => (weighted ? Math.abs(value) + 0.1 : 1));
        const targets = [seed % classes, -100, (seed + 1) % classes];
        const each = [0, 1, 2].map((row) => surprises(values.slice(row * classes, (row + 1) * classes)));
        const losses = targets.map((target, row) => {
          if (target < 0) return 0;
          const even = each[row].reduce((sum, loss, c) => sum + w[c] * loss, 0);
          const share = smoothing ?? 0;
          return (1 - share) * w[target] * each[row][target] + (share / classes) * even;
        });
        const total = losses.reduce((a, b) => a + b);
        const divisor = w[targets[0]] + w[targets[2]];
        const loss = crossEntropy(x, ids(targets), {
          reduction,
          ...(smoothing !== undefined && { labelSmoothing: smoothing }),
          ...(weighted && { weight: tensor(w) }),
        });
        expectClose(await loss.data(), { mean: [total / divisor], sum: [total], none: losses }[reduction], 1e-5);
      }),
    );
  });

  test("classes are the distributions that are 1 at one place, smoothed or not", async () => {
    await fc.assert(
      fc.asyncProperty(smoothCases, async ({ classes, smoothing, weighted, reduction, seed }) => {
        const { x } = await normal(seed, [2, 3, classes]);
        const targets = Array.from({ length: 6 }, (_, row) => (seed + row * row) % classes);
        const shares = oneHot(ids(targets, [2, 3]), classes).cast("float32");
        // Of distributions the mean divides by their number, of classes by their weights.
        const weight =
          weighted && reduction !== "mean"
            ? tensor((await normal(seed + 1, [classes])).values.map(Math.abs))
            : undefined;
        const options = { labelSmoothing: smoothing, weight, reduction };
        const both = [crossEntropy(x, ids(targets, [2, 3]), options), crossEntropy(x, shares, options)];
        expectClose(await both[1].data(), await both[0].data(), 1e-5);
      }),
    );
  });

  test("the axis of the classes may be any", async () => {
    const [{ x }, raw] = [await normal(1, [2, 3, 4]), await normal(2, [2, 3, 4])];
    const targets = ids([0, 1, 2, 3, 2, -100], [2, 3]);
    const shares = raw.x.softmax();
    for (const [at, order] of [
      [1, [0, 2, 1]],
      [0, [2, 0, 1]],
      [-3, [2, 0, 1]],
    ] as const) {
      const moved = crossEntropy(x.permute(order), targets, { axis: at });
      expect(await moved.data()).toEqual(await crossEntropy(x, targets).data());
      const distributions = crossEntropy(x.permute(order), shares.permute(order), { axis: at });
      expectClose(await distributions.data(), await crossEntropy(x, shares).data(), 1e-6);
    }
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
  expect(() => crossEntropy(logits, tensor([1]))).toThrow("not [1] for [1,2]");
  expect(() => crossEntropy(logits, tensor([true]))).toThrow("classes are int32, not bool");
  expect(() => crossEntropy(logits, ids([1, 1]))).toThrow("not [1,2] and [2]");
  const reduction = "avg" as "mean";
  expect(() => crossEntropy(logits, ids([1]), { reduction })).toThrow('"mean", "sum" or "none", not "avg"');
  expect(() => crossEntropy(logits, ids([1]), { weight: tensor([1, 2, 3]) })).toThrow(
    "weights [2] are needed, not [3]",
  );
  expect(() => crossEntropy(logits, ids([1]), { labelSmoothing: 1.5 })).toThrow("0 ≤ labelSmoothing ≤ 1");
  expect(() => crossEntropy(logits, ids([1]), { axis: 2 })).toThrow("axis 2 is out of range for scores [1,2]");
});

test("gradients of every reduction", async () => {
  const logits = await normal64(1, [2, 3, 5]);
  const targets = ids([0, 4, -100, 2, 2, -100], [2, 3]);
  for (const reduction of ["mean", "sum", "none"] as const) {
    await gradcheck((x: Variable) => crossEntropy(x.read(), targets, { reduction }), [logits]);
  }
});

test("gradients with smoothing, class weights and distributions", async () => {
  const [logits, raw] = [await normal64(1, [2, 5]), await normal64(2, [2, 5])];
  const weight = tensor(Float64Array.of(0.5, 1, 2, 0.3, 0.7));
  const options = { labelSmoothing: 0.2, weight };
  await gradcheck((x: Variable) => crossEntropy(x.read(), ids([3, -100]), options), [logits]);
  await gradcheck((x: Variable, p: Variable) => crossEntropy(x.read(), p.softmax(), options), [logits, raw]);
});
