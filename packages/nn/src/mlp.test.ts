import { Generator, relu, type Tensor, tensor, type Variable } from "@tsuki/core";
import { gradcheck } from "@tsuki/core/autograd";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { expectClose } from "../test/close.ts";
import { normal, normal64 } from "../test/random.ts";
import { MLP } from "./mlp.ts";

onEachDevice(() => {
  test("down(activation(up(x))), with biases", async () => {
    const { x, values } = await normal(1, [3, 2]);
    const options = { hiddenSize: 2, intermediateSize: 2, outSize: 1 };
    const up = [
      [1, -2],
      [3, 4],
    ];
    for (const [activation, f] of [
      [relu, (value: number) => Math.max(value, 0)],
      [undefined, (value: number) => value * normalDistribution(value)],
    ] as const) {
      const mlp = new MLP({ ...options, activation });
      mlp.upProj.weight.assign(tensor(up));
      mlp.upProj.bias?.assign(tensor([0.5, -0.5]));
      mlp.downProj.weight.assign(tensor([[2, 3]]));
      mlp.downProj.bias?.assign(tensor([7]));
      const expected = [0, 1, 2].map((row) => {
        const [a, b] = up.map(([w, v], i) => f(w * values[2 * row] + v * values[2 * row + 1] + [0.5, -0.5][i]));
        return 2 * a + 3 * b + 7;
      });
      expectClose(await mlp.call(x).data(), expected, 1e-5);
    }
  });

  test("dropout drops in training alone", async () => {
    const mlp = new MLP({ hiddenSize: 4, intermediateSize: 16, dropout: 0.5, generator: new Generator(1) });
    const { x } = await normal(1, [2, 4]);
    expect(await mlp.call(x).data()).not.toEqual(await mlp.call(x).data());
    mlp.eval();
    expect(await mlp.call(x).data()).toEqual(await mlp.call(x).data());
  });
});

test("names, with and without biases", () => {
  const sizes = { hiddenSize: 2, intermediateSize: 3 };
  expect(Object.keys(new MLP({ ...sizes, bias: false }).namedParameters())).toEqual([
    "up_proj.weight",
    "down_proj.weight",
  ]);
  expect(Object.keys(new MLP(sizes).namedParameters()).length).toBe(4);
});

test("gradients of input and weights", async () => {
  const layer = (x: Variable, up: Variable, down: Variable): Tensor => {
    const mlp = new MLP({ hiddenSize: 3, intermediateSize: 4, bias: false });
    mlp.upProj.weight = up;
    mlp.downProj.weight = down;
    return mlp.call(x.read());
  };
  await gradcheck(layer, [await normal64(1, [2, 3]), await normal64(2, [4, 3]), await normal64(3, [3, 4])]);
});

/** Φ(x) by Simpson's rule. */
function normalDistribution(x: number): number {
  const steps = 1000;
  const density = (t: number): number => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  const h = x / steps;
  const sum = Array.from(
    { length: steps + 1 },
    (_, i) => density(i * h) * (i === 0 || i === steps ? 1 : i % 2 ? 4 : 2),
  );
  return 0.5 + (h / 3) * sum.reduce((a, b) => a + b);
}
