import { Generator, readAll, type Tensor, tensor, type Variable, variable, zeros } from "@tsuki/core";
import { gradcheck } from "@tsuki/core/autograd";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { type RoutingOptions, route } from "./routing.ts";

const logit = fc.double({ min: -8, max: 8, noNaN: true });

/** A batch of tokens whose affinities and biases are told apart by more than rounding. */
const gates = fc
  .record({
    tokens: fc.integer({ min: 1, max: 9 }),
    groups: fc.integer({ min: 1, max: 3 }),
    perGroup: fc.integer({ min: 2, max: 6 }),
  })
  .chain(({ tokens, groups, perGroup }) =>
    fc.record({
      logits: fc.array(fc.array(logit, { minLength: groups * perGroup, maxLength: groups * perGroup }), {
        minLength: tokens,
        maxLength: tokens,
      }),
      bias: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
        minLength: groups * perGroup,
        maxLength: groups * perGroup,
      }),
      groups: fc.constant(groups),
      topKGroups: fc.integer({ min: 1, max: groups }),
      experts: fc.constant(groups * perGroup),
      choices: fc.integer({ min: 2, max: perGroup }),
    }),
  );

async function rows(x: Tensor): Promise<number[][]> {
  return (await x.array()) as number[][];
}

/** The reference's choice, one token at a time: expert numbers, the best first. */
function choose(scores: number[], bias: number[], choices: number, groups: number, topKGroups: number): number[] {
  const choice = scores.map((score, i) => Math.fround(score + Math.fround(bias[i])));
  const falling = (values: number[]): number[] =>
    values.map((_, i) => i).sort((a, b) => values[b] - values[a] || a - b);
  const perGroup = scores.length / groups;
  const worth = Array.from({ length: groups }, (_, g) => {
    const [first, second] = choice.slice(g * perGroup, (g + 1) * perGroup).sort((a, b) => b - a);
    return Math.fround(first + second);
  });
  const open = new Set(falling(worth).slice(0, topKGroups));
  return falling(choice.map((value, i) => (open.has(Math.floor(i / perGroup)) ? value : 0))).slice(0, choices);
}

onEachDevice((device) => {
  test("the gate's golden numbers", async () => {
    const scores = tensor([[0.5, -1, 2, 0]]).sigmoid();
    const routing = route(scores, tensor([0, 0.5, -0.6, 0]), { numExpertsPerToken: 2, routedScalingFactor: 2.446 });
    const { indices, weights } = await readAll({ ...routing });
    expect(Array.from(indices.data)).toEqual([1, 0]);
    expect(weights.data[0]).toBeCloseTo(0.73797415, 6);
    expect(weights.data[1]).toBeCloseTo(1.70802585, 6);
  });

  test("Moonlight's factor is the mean of 1 / ‖w‖ over random logits: 2.446 for 6 of 64 experts", async () => {
    const scores = new Generator(1).normal([4096, 64]).sigmoid();
    const { weights } = route(scores, zeros([64]), { numExpertsPerToken: 6 });
    const norms = weights.square().sum({ axis: 1 }).sqrt();
    expect(Math.abs((await norms.reciprocal().mean().item()) - 2.446)).toBeLessThan(0.002);
  });

  test("equal choices fall on the lowest expert", async () => {
    const routing = route(tensor([[0.5, 0.25, 0.5, 0.5]]), tensor([0, 0, 0, 0]), { numExpertsPerToken: 2 });
    expect(await rows(routing.indices)).toEqual([[0, 2]]);
  });

  test("a masked group counts as 0: a negative choice inside loses to it, as in the reference", async () => {
    const scores = tensor([[0.9, 0.1, 0.5, 0.4]]);
    const bias = tensor([0, -0.3, 0, 0]);
    const routing = route(scores, bias, { numExpertsPerToken: 2, numGroups: 2, topKGroups: 1, normTopKProb: false });
    // Groups are worth 0.7 and 0.9: the second is open.
    expect(await rows(routing.indices)).toEqual([[2, 3]]);
    const worse = route(scores, tensor([0.5, -0.3, 0, 0]), { numExpertsPerToken: 2, numGroups: 2, topKGroups: 1 });
    // Now the first is, and its second choice is −0.2 < 0.
    expect(await rows(worse.indices)).toEqual([[0, 2]]);
  });

  test("one expert per token keeps its score, times the factor", async () => {
    const scores = tensor([[0.25, 0.75]]);
    const routing = route(scores, tensor([0, 0]), { numExpertsPerToken: 1, routedScalingFactor: 2 });
    expect(await rows(routing.weights)).toEqual([[1.5]]);
  });

  test("the chosen are the reference's, and their weights sum to the factor", async () => {
    await fc.assert(
      fc.asyncProperty(gates, fc.double({ min: 0.5, max: 3, noNaN: true }), async (gate, routedScalingFactor) => {
        const { choices: numExpertsPerToken, groups: numGroups, topKGroups } = gate;
        const scores = tensor(gate.logits).sigmoid().keep();
        const options: RoutingOptions = { numExpertsPerToken, numGroups, topKGroups, routedScalingFactor };
        const routing = route(scores, tensor(gate.bias), options);
        const [indices, weights] = [await rows(routing.indices.keep()), await rows(routing.weights.keep())];
        for (const [token, s] of (await rows(scores)).entries()) {
          expect(indices[token]).toEqual(choose(s, gate.bias, numExpertsPerToken, numGroups, topKGroups));
          const sum = weights[token].reduce((total, weight) => total + weight, 0);
          expect(Math.abs(sum / routedScalingFactor - 1)).toBeLessThan(1e-6);
        }
      }),
    );
  });

  test("given the set of experts, the bias changes no weight", async () => {
    await fc.assert(
      fc.asyncProperty(gates, async ({ logits, bias, choices, experts }) => {
        const scores = tensor(logits.slice(0, 1)).sigmoid().keep();
        const options = { numExpertsPerToken: choices, routedScalingFactor: 2.446 };
        const first = route(scores, tensor(bias), options);
        const chosen = (await rows(first.indices.keep()))[0];
        // Another bias, another order, the same set.
        const other = bias.map((_, i) => (chosen.includes(i) ? 10 + bias[experts - 1 - i] : -bias[i]));
        const second = route(scores, tensor(other), options);
        const byExpert = async (routing: typeof first): Promise<Map<number, number>> => {
          const { indices, weights } = await readAll({ ...routing });
          return new Map(Array.from(indices.data, (expert, i) => [expert, weights.data[i]]));
        };
        const [before, after] = [await byExpert(first), await byExpert(second)];
        expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
        for (const [expert, weight] of before)
          expect(Math.abs((after.get(expert) as number) - weight)).toBeLessThan(1e-6);
      }),
    );
  });

  test("the gradient of the weights goes to the scores, none to the bias", async () => {
    const [scores, bias] = [variable(tensor([[0.6, 0.2, 0.7]])), variable(tensor([0, 0.1, 0]))];
    scores.requiresGrad = true;
    bias.requiresGrad = true;
    route(scores.read(), bias, { numExpertsPerToken: 2 }).weights.square().sum().backward();
    expect(bias.grad).toBeNull();
    // w = s / (s₀ + s₂): Σ w² depends on the two chosen scores alone.
    const [gradient] = await rows((scores.grad as Variable).read());
    expect(gradient[0]).toBeCloseTo((2 * 0.7 * (0.6 - 0.7)) / 1.3 ** 3, 5);
    expect(gradient[1]).toBe(0);
    expect(gradient[2]).toBeCloseTo((2 * 0.6 * (0.7 - 0.6)) / 1.3 ** 3, 5);
  });

  if (device === "reference") {
    test("the weights' gradient is right to second order of the step", async () => {
      const scores = tensor(
        [
          [0.61, 0.23, 0.72, 0.11],
          [0.3, 0.9, 0.5, 0.42],
        ],
        { dtype: "float64" },
      );
      const bias = tensor([0, 0.05, -0.05, 0], { dtype: "float64" });
      await gradcheck(
        (s) => route(s.read(), bias, { numExpertsPerToken: 2, routedScalingFactor: 2.446 }).weights.square().sum(),
        [scores],
      );
    });
  }
});
