/** Generation through the cache of latents against the definition: the model run on the whole text. */
import { Device, defaultDevice, dtypes, Generator, readAll, setDefaultDevice, type Tensor, tensor } from "@tsuki/core";
import { applyLoRA, KVCache, type LanguageModel, type LoRALinear } from "@tsuki/nn";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  batchOf,
  cachedLogits,
  expectSameLogits,
  first,
  fullLogits,
  length,
  texts,
} from "../../../tests/cached-logits.ts";
import { onEachDevice } from "../../../tests/devices.ts";
import { moonlight16B } from "../src/config.ts";
import { Moonlight } from "../src/model.ts";
import type { Observation } from "../src/observation.ts";
import { selectionGap, smallConfig } from "./small.ts";

const config = smallConfig();

onEachDevice((device) => {
  test("prefill and absorbed decode have the logits of the full forward at every place", async () => {
    const model = new Moonlight(config, new Generator(1));
    await fc.assert(
      fc.asyncProperty(texts, async ({ seed, padding, kept }) => {
        const batch = await batchOf(seed, [0, Math.min(padding, kept - 1)], length, config.vocabSize);
        const scores: Record<string, Tensor> = {};
        const observe = (seen: Observation): void => {
          if (seen.kind === "routing") scores[`layer ${seen.layer}`] = seen.routing.scores;
        };
        const logits = fullLogits(model, batch, { observe }).keep();
        const gaps = Object.values(await readAll(scores)).map((of) => selectionGap(of, config.numExpertsPerToken));
        fc.pre(Math.min(...gaps) > 1e-4);
        const expected = (await logits.array()) as number[][][];
        expectSameLogits(await cachedLogits(model, batch, { first, kept }), expected, batch, 5e-5);
      }),
      { numRuns: device === "wasm" ? 20 : 6 },
    );
  });

  test("an adapter of the matrix that the absorbed form takes apart is not lost", async () => {
    const model = new Moonlight(smallConfig({ firstKDenseReplace: 2 }), new Generator(1));
    applyLoRA(model, { rank: 2, targets: ["kv_b_proj"], generator: new Generator(2) });
    for (const { selfAttn } of model.model.layers) {
      const { loraB } = selfAttn.kvBProj as LoRALinear;
      loraB.assign(new Generator(3).normal(loraB.shape));
    }
    const batch = await batchOf(1, [0, 1], length, config.vocabSize);
    const expected = (await fullLogits(model, batch).array()) as number[][][];
    expectSameLogits(await cachedLogits(model, batch, { first, kept: 2 }), expected, batch, 5e-5);
  });

  test("the logits of one place alone are those of all at this place", async () => {
    const model = new Moonlight(config, new Generator(1)).eval();
    const batch = await batchOf(1, [0, 2], length, config.vocabSize);
    const all = fullLogits(model, batch).keep();
    for (const place of [0, 3, length - 1]) {
      const one = fullLogits(model, batch, { logitsAt: place });
      expect(one.shape).toEqual([2, 1, config.vocabSize]);
      expect(await one.data()).toEqual(await all.slice(1, place, place + 1).data());
    }
  });
});

test("a token of Moonlight-16B takes 31,104 bytes in bfloat16", () => {
  const outer = defaultDevice();
  // Nothing runs: the graph says which shapes the cache would have.
  setDefaultDevice(new Device("reference"));
  const model: LanguageModel = new Moonlight(moonlight16B);
  const cache = new KVCache({ capacity: 8192, dtype: "bfloat16" });
  model.call(tensor(Int32Array.of(1, 2), { shape: [1, 2] }), cache.prefill(2));
  setDefaultDevice(outer);
  const bytes = cache.variables.reduce((sum, { size, dtype }) => sum + size * dtypes[dtype].bytes, 0);
  expect(bytes / moonlight16B.numHiddenLayers / cache.capacity / 2).toBe(576);
  expect(bytes / cache.capacity).toBe(31_104);
  expect(bytes).toBe(254_803_968);
});
