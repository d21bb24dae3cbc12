import type { Tensor, Variable } from "@tsuki/core";
import { gradcheck } from "@tsuki/core/autograd";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { expectClose } from "../test/close.ts";
import { normal, normal64 } from "../test/random.ts";
import { SwiGLU } from "./swiglu.ts";

const [hiddenSize, intermediateSize] = [4, 6];

onEachDevice(() => {
  test("down(silu(gate(x)) ⊙ up(x))", async () => {
    const mlp = new SwiGLU({ hiddenSize, intermediateSize });
    const x = await normal(1, [3, hiddenSize]);
    const [gate, up, down] = await Promise.all(mlp.parameters().map(async (p) => Array.from(await p.data())));
    const expected = Array.from({ length: 3 }, (_, row) => {
      const input = x.values.slice(row * hiddenSize, (row + 1) * hiddenSize);
      const dot = (weights: number[], out: number): number =>
        input.reduce((sum, value, i) => sum + value * weights[out * hiddenSize + i], 0);
      const hidden = Array.from({ length: intermediateSize }, (_, i) => {
        const activation = dot(gate, i);
        return (activation / (1 + Math.exp(-activation))) * dot(up, i);
      });
      return Array.from({ length: hiddenSize }, (_, out) =>
        hidden.reduce((sum, value, i) => sum + value * down[out * intermediateSize + i], 0),
      );
    });
    expect(Object.keys(mlp.namedParameters())).toEqual(["gate_proj.weight", "up_proj.weight", "down_proj.weight"]);
    expectClose(await mlp.call(x.x).data(), expected.flat(), 1e-5);
  });
});

test("gradients of input and weights", async () => {
  const layer = (x: Variable, gate: Variable, up: Variable, down: Variable): Tensor => {
    const mlp = new SwiGLU({ hiddenSize, intermediateSize });
    mlp.gateProj.weight = gate;
    mlp.upProj.weight = up;
    mlp.downProj.weight = down;
    return mlp.call(x.read());
  };
  const wide = [intermediateSize, hiddenSize];
  const shapes = [[2, hiddenSize], wide, wide, [hiddenSize, intermediateSize]];
  await gradcheck(layer, await Promise.all(shapes.map((shape, seed) => normal64(seed, shape))));
});
