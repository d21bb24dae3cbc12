import { Generator, ones, tensor, type Variable, variable } from "@tsuki/core";
import { gradcheck } from "@tsuki/core/autograd";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { normal, normal64 } from "../test/random.ts";
import { Dropout, dropout } from "./dropout.ts";

onEachDevice(() => {
  test("entries are 0 or x / (1 − p), with frequency p", async () => {
    const n = 20_000;
    const { x, values } = await normal(1, [n]);
    const cases = fc.record({ p: fc.double({ min: 0, max: 0.95, noNaN: true }), seed: fc.nat() });
    await fc.assert(
      fc.asyncProperty(cases, async ({ p, seed }) => {
        const y = await dropout(x, p, new Generator(seed)).data();
        const dropped = y.filter((value) => value === 0).length;
        // Five standard deviations.
        expect(Math.abs(dropped - n * p)).toBeLessThanOrEqual(5 * Math.sqrt(n * p * (1 - p)) + 1e-9);
        const wrong = y.findIndex((value, i) => value !== 0 && Math.abs(value * (1 - p) - values[i]) > 1e-6);
        expect(wrong).toBe(-1);
      }),
    );
  });

  test("the gradient passes where the value did", async () => {
    const x = variable(ones([100]), { requiresGrad: true });
    const y = dropout(x.read(), 0.4, new Generator(3)).keep();
    y.sum().backward();
    expect(await x.grad?.data()).toEqual(await y.data());
  });

  test("one seed, one mask; each call draws anew", async () => {
    const x = ones([64]);
    const draw = async (seed: number): Promise<ArrayLike<number>[]> => {
      const layer = new Dropout({ p: 0.5, generator: new Generator(seed) });
      return [await layer.call(x).data(), await layer.call(x).data()];
    };
    expect(await draw(1)).toEqual(await draw(1));
    const [first, second] = await draw(1);
    expect(first).not.toEqual(second);
    expect(first).not.toEqual((await draw(2))[0]);
  });
});

test("inference, and p = 0, change nothing and draw nothing", () => {
  const x = tensor([1, 2, 3]);
  const generator = new Generator(7);
  expect(new Dropout({ p: 0.5, generator }).eval().call(x)).toBe(x);
  expect(new Dropout({ p: 0, generator }).call(x)).toBe(x);
  expect(generator.state().counter).toBe(0);
});

test("a probability outside [0, 1) is an error", () => {
  for (const p of [-0.1, 1, Number.NaN]) {
    expect(() => new Dropout({ p })).toThrow(`0 ≤ p < 1 is needed, not ${p}`);
    expect(() => dropout(tensor([1]), p)).toThrow(`0 ≤ p < 1 is needed, not ${p}`);
  }
});

test("gradients in float64", async () => {
  await gradcheck((x: Variable) => dropout(x.read(), 0.3, new Generator(5)), [await normal64(1, [4, 5])]);
});
