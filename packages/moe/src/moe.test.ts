import { Generator, readAll, type Tensor, tensor } from "@tsuki/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { normal, selectionGap, smallConfig } from "../test/small.ts";
import { MoE } from "./moe.ts";

onEachDevice(() => {
  test("permuting the experts permutes nothing else", async () => {
    const orders = fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 });
    await fc.assert(
      fc.asyncProperty(orders, fc.nat(1000), async (order, seed) => {
        const [moe, permuted] = [new MoE(smallConfig(), new Generator(seed)).eval(), new MoE(smallConfig()).eval()];
        const bias = await normal(seed + 1, [5]);
        moe.gate.eScoreCorrectionBias.assign(bias.mul(0.1));
        const x = await normal(seed + 2, [2, 3, 12]);
        const index = tensor(Int32Array.from(order));
        const pairs = [
          [moe.gate.weight, permuted.gate.weight],
          [moe.gate.eScoreCorrectionBias, permuted.gate.eScoreCorrectionBias],
          [moe.experts.gateProj, permuted.experts.gateProj],
          [moe.experts.upProj, permuted.experts.upProj],
          [moe.experts.downProj, permuted.experts.downProj],
        ];
        for (const [from, to] of pairs) to.assign(from.take(index));
        const shared = [moe.sharedExperts, permuted.sharedExperts].map((part) => part?.parameters() ?? []);
        for (const [i, parameter] of shared[0].entries()) shared[1][i].assign(parameter);
        const seen: Record<string, Tensor> = {};
        const y = moe.call(x, ({ scores }) => {
          seen.choices = scores.add(moe.gate.eScoreCorrectionBias);
        });
        const values = await readAll({ y, permuted: permuted.call(x), ...seen });
        fc.pre(selectionGap(values.choices, 2) > 1e-4);
        const largest = Math.max(...Array.from(values.y.data, Math.abs));
        for (const [i, value] of values.y.data.entries()) {
          expect(Math.abs(value - values.permuted.data[i])).toBeLessThan(1e-5 * largest);
        }
      }),
    );
  });

  test("routed and shared experts add up; without shared ones only the routed are left", async () => {
    const moe = new MoE(smallConfig(), new Generator(5)).eval();
    const alone = new MoE(smallConfig({ numSharedExperts: 0 }), new Generator(5)).eval();
    const x = await normal(6, [2, 3, 12]);
    expect(alone.sharedExperts).toBeNull();
    expect(Object.keys(alone.namedParameters())).toEqual([
      "gate.weight",
      "experts.gate_proj",
      "experts.up_proj",
      "experts.down_proj",
    ]);
    const shared = moe.sharedExperts?.call(x);
    const difference = moe
      .call(x)
      .sub(alone.call(x))
      .sub(shared ?? 0)
      .abs()
      .max();
    expect(await difference.item()).toBeLessThan(1e-5);
  });
});
