import { Generator, grad, parameter, readAll, type Tensor, tensor, type Variable } from "@tsuki/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { normal, smallConfig } from "../test/small.ts";
import { RoutedExperts } from "./experts.ts";
import type { Routing } from "./routing.ts";

/** The k different experts of each of some tokens; other experts get no token. */
const choices = fc
  .constantFrom({ numExperts: 5, k: 2, count: 7 }, { numExperts: 1, k: 1, count: 3 }, { numExperts: 4, k: 4, count: 2 })
  .chain(({ numExperts, k, count }) => {
    const all = Array.from({ length: numExperts }, (_, expert) => expert);
    const chosen = fc.array(fc.shuffledSubarray(all, { minLength: k, maxLength: k }), {
      minLength: count,
      maxLength: count,
    });
    return fc.tuple(fc.constant(numExperts), chosen);
  });

async function routingOf(chosen: readonly number[][], numExperts: number): Promise<Routing> {
  const shape = [chosen.length, chosen[0].length];
  return {
    scores: await normal(7, [chosen.length, numExperts]),
    indices: tensor(Int32Array.from(chosen.flat()), { shape }),
    weights: await normal(8, shape),
  };
}

/** Every expert on every token, and the sum of what the routing asks for. */
function byLoop({ gateProj, upProj, downProj }: RoutedExperts, x: Tensor, { indices, weights }: Routing): Tensor {
  const outputs = Array.from({ length: gateProj.shape[0] }, (_, expert) => {
    const through = (input: Tensor, stack: Variable): Tensor => input.matmul(stack.select(0, expert).transpose());
    const output = through(through(x, gateProj).silu().mul(through(x, upProj)), downProj);
    return output.mul(weights.mul(indices.eq(expert)).sum({ axis: 1, keepDim: true }));
  });
  return outputs.reduce((sum, output) => sum.add(output));
}

onEachDevice(() => {
  test("grouped by expert, or one expert after the other: the same outputs and gradients", async () => {
    await fc.assert(
      fc.asyncProperty(choices, fc.nat(1000), async ([numRoutedExperts, chosen], seed) => {
        const experts = new RoutedExperts(smallConfig({ numRoutedExperts }), new Generator(seed));
        const x = parameter(await normal(seed + 1, [chosen.length, 12]));
        const towards = await normal(seed + 2, [chosen.length, 12]);
        const routing = await routingOf(chosen, numRoutedExperts);
        const weights = parameter(routing.weights);
        const results = (f: (input: Tensor, routing: Routing) => Tensor): Record<string, Tensor> => {
          const y = f(x.read(), { ...routing, weights: weights.read() });
          const gradients = grad(y, [x, weights, ...experts.parameters()], { gradOutputs: towards });
          return { y, ...Object.fromEntries(gradients.map((gradient, i) => [`gradient ${i}`, gradient])) };
        };
        const grouped = await readAll(results((...given) => experts.call(...given)));
        const looped = await readAll(results((...given) => byLoop(experts, ...given)));
        expect(Object.keys(looped)).toHaveLength(1 + 2 + 3);
        for (const [name, { data }] of Object.entries(looped)) {
          const largest = Math.max(1, ...Array.from(data, Math.abs));
          const off = Math.max(...Array.from(data, (value, i) => Math.abs(value - grouped[name].data[i])));
          expect(off, name).toBeLessThan(1e-5 * largest);
        }
      }),
    );
  });

  test("an expert without tokens has a gradient of exactly 0", async () => {
    const experts = new RoutedExperts(smallConfig(), new Generator(3));
    const chosen = [
      [0, 3],
      [3, 1],
      [1, 0],
    ];
    const y = experts.call(await normal(1, [3, 12]), await routingOf(chosen, 5));
    const [gate, up, down] = grad(y.square().sum(), experts.parameters()).map((g) => g.abs().sum({ axis: [1, 2] }));
    for (const { data } of Object.values(await readAll({ gate, up, down }))) {
      expect(Array.from(data, (size) => size > 0)).toEqual([true, true, false, true, false]);
    }
  });

  test("a token's output does not depend on its neighbours, bit for bit", async () => {
    const experts = new RoutedExperts(smallConfig(), new Generator(3));
    const chosen = [
      [0, 3],
      [3, 1],
      [4, 0],
      [3, 0],
      [2, 3],
    ];
    const x = await normal(1, [5, 12]);
    const { scores, indices, weights } = await routingOf(chosen, 5);
    const whole = (await experts.call(x, { scores, indices, weights }).array()) as number[][];
    for (const [token, expected] of whole.entries()) {
      const only = (rows: Tensor): Tensor => rows.slice(0, token, token + 1);
      const alone = { scores: only(scores), indices: only(indices), weights: only(weights) };
      expect(await experts.call(only(x), alone).array()).toEqual([expected]);
    }
  });
});
