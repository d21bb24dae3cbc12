import { Generator, readAll, stats, tensor } from "@tsuki/core";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { smallConfig, tokens } from "../test/small.ts";
import { sequenceAuxiliaryLoss } from "./balance.ts";
import { languageModelLoss } from "./loss.ts";
import { Moonlight } from "./model.ts";
import type { Routing } from "./routing.ts";

const config = smallConfig({ numHiddenLayers: 3 });

onEachDevice(() => {
  test("each place predicts the next label; ignored labels count nothing", async () => {
    const model = new Moonlight(config, new Generator(1)).eval();
    const ids = await tokens(2, [2, 5], config.vocabSize);
    const labels = tensor(new Int32Array([7, -100, 3, 4, -100, 9, 1, 2, -100, 5]), { shape: [2, 5] });
    const { loss, crossEntropy, auxiliary } = languageModelLoss(model, ids, { labels });
    expect(loss).toBe(crossEntropy);
    expect(auxiliary).toBeNull();
    const values = await readAll({ loss, logits: model.call(ids).logSoftmax(), labels });
    let [sum, count] = [0, 0];
    for (const [place, label] of values.labels.data.entries()) {
      if (place % 5 === 0 || label === -100) continue;
      sum -= values.logits.data[(place - 1) * config.vocabSize + label];
      count++;
    }
    expect(count).toBe(5);
    expect(values.loss.data[0]).toBeCloseTo(sum / count, 5);
  });

  test("the auxiliary loss of every mixture layer, times the coefficient, is added", async () => {
    const model = new Moonlight(config, new Generator(1)).eval();
    const ids = await tokens(2, [2, 5], config.vocabSize);
    const routings: Routing[] = [];
    const { loss, crossEntropy, auxiliary } = languageModelLoss(model, ids, {
      auxiliaryCoefficient: 0.1,
      observe: (seen) => seen.kind === "routing" && routings.push(seen.routing),
    });
    expect(routings).toHaveLength(2);
    const parts = routings.map(({ scores, indices }) =>
      sequenceAuxiliaryLoss(scores.reshape([2, 5, 5]), indices.reshape([2, 5, 2])),
    );
    const [first, second] = parts;
    const values = await readAll({ loss, crossEntropy, auxiliary: auxiliary ?? tensor(0), first, second });
    const of = (name: string): number => values[name].data[0];
    expect(of("auxiliary")).toBeCloseTo(of("first") + of("second"), 5);
    expect(of("loss")).toBeCloseTo(of("crossEntropy") + 0.1 * of("auxiliary"), 5);
    expect(of("auxiliary")).toBeGreaterThan(1.5);
  });

  test("another coefficient is no other plan", async () => {
    const model = new Moonlight(config, new Generator(1)).eval();
    const ids = await tokens(2, [2, 5], config.vocabSize);
    const run = (auxiliaryCoefficient: number): Promise<number> =>
      languageModelLoss(model, ids, { auxiliaryCoefficient }).loss.item();
    await run(1e-4);
    const { plansCompiled } = stats();
    await run(1e-3);
    await run(0);
    expect(stats().plansCompiled).toBe(plansCompiled);
  });
});
