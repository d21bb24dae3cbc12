import { Device, Generator, readAll, realize, setDefaultDevice, type Tensor } from "@tsuki/core";
import "@tsuki/core/reference";
import { MuonWithAdamW, moonlightGroups } from "@tsuki/optim";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { languageModelLoss } from "../src/loss.ts";
import { Moonlight } from "../src/model.ts";
import { smallConfig, tokens } from "./small.ts";

const config = smallConfig({ numHiddenLayers: 3 });

describe.each(["reference", "wasm"])("plans of training on %s", (name) => {
  let device: Device;
  let model: Moonlight;
  let optimizer: MuonWithAdamW;

  beforeEach(async () => {
    device = setDefaultDevice(new Device(name, { threads: 2 }));
    model = new Moonlight(config, new Generator(1));
    optimizer = new MuonWithAdamW(moonlightGroups(model.namedParameters()), { lr: 1e-2 });
    await realize();
  });
  afterEach(() => device.close());

  test("a step with balancing and auxiliary loss is one plan, validation in between another", async () => {
    const ids = await tokens(2, [2, 8], config.vocabSize);
    const { plansCompiled: before } = device.stats();
    const losses: number[] = [];
    for (let step = 0; step < 6; step++) {
      const { loss, crossEntropy } = languageModelLoss(model, ids, { auxiliaryCoefficient: 1e-3 });
      loss.backward();
      crossEntropy.keep();
      optimizer.setLr(1e-2 * (1 - step / 10));
      optimizer.update();
      model.updateBias(1e-3);
      await realize();
      losses.push(await crossEntropy.item());
      if (step % 2 === 1) {
        await languageModelLoss(model.eval(), ids).loss.item();
        model.train();
      }
    }
    // The optimizer's initial state, the step, the validation.
    expect(device.stats().plansCompiled - before).toBe(3);
    expect(device.stats().recomputedNodes).toBe(0);
    expect(losses[5]).toBeLessThan(losses[0]);
    const biases = [...model.routers()].map(
      ([layer, { eScoreCorrectionBias }]) => [layer, eScoreCorrectionBias] as const,
    );
    expect(biases.map(([layer]) => layer)).toEqual([1, 2]);
    for (const { data } of Object.values(await readAll(Object.fromEntries(biases)))) {
      expect(Math.max(...data)).toBeGreaterThan(0);
    }
  });

  test("any number of micro-batches without an await: three plans; the biases see the choices of all", async () => {
    const batches: Tensor[] = [];
    for (let seed = 1; seed <= 6; seed++) batches.push(await tokens(seed, [2, 8], config.vocabSize));
    const step = async (count: number): Promise<number> => {
      for (const ids of batches.slice(0, count)) languageModelLoss(model, ids).loss.div(count).backward();
      optimizer.update();
      const choices = [...model.routers().values()][0].load.sum().keep();
      model.updateBias(1e-3);
      await realize();
      return choices.item();
    };
    const { plansCompiled: before } = device.stats();
    const perBatch = 2 * 8 * config.numExpertsPerToken;
    expect(await step(4)).toBe(4 * perBatch);
    expect(await step(6)).toBe(6 * perBatch);
    // The optimizer's initial state; set; add; add and step.
    expect(device.stats().plansCompiled - before).toBe(4);
    expect(device.stats().recomputedNodes).toBe(0);
  });
});
