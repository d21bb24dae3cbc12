/** Generation through the cache against the definition: the model run on the whole text. */
import { explain, Generator, tensor } from "@tsuki/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
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
import { KVCache } from "../src/cache.ts";
import { Llama } from "../src/llama.ts";
import type { LlamaConfig } from "../src/llama-config.ts";
import { smallLlama } from "./small-llama.ts";

const config: LlamaConfig = { ...smallLlama, attentionBias: true };

onEachDevice((device) => {
  describe.each<[string, Partial<LlamaConfig>]>([
    ["grouped-query attention", {}],
    ["a sliding window", { slidingWindow: 3 }],
  ])("Llama with %s", (_, change) => {
    test("prefill and decode have the logits of the full forward at every place", async () => {
      const model = new Llama({ ...config, ...change }, new Generator(1));
      await fc.assert(
        fc.asyncProperty(texts, async ({ seed, padding, kept }) => {
          const batch = await batchOf(seed, [0, Math.min(padding, kept - 1)], length, config.vocabSize);
          const expected = (await fullLogits(model, batch).array()) as number[][][];
          expectSameLogits(await cachedLogits(model, batch, { first, kept }), expected, batch, 5e-5);
        }),
        { numRuns: device === "wasm" ? 20 : 6 },
      );
    });
  });

  test("a decode step writes keys and values of every layer in place, and nothing else of the cache", async () => {
    const model = new Llama(config, new Generator(1)).eval();
    const cache = new KVCache({ capacity: 8 });
    const ids = tensor(Int32Array.of(1, 2, 3), { shape: [1, 3] });
    await model.call(ids, cache.prefill(3)).data();
    await model.call(ids.slice(1, 0, 1), cache.extend()).data();
    const [step] = explain().split("\n\n");
    const lines = step.split("\n");
    const inserts = lines.filter((line) => line.includes("insert [2, 1 of 8, 6]"));
    expect(inserts.length).toBe(2 * config.numHiddenLayers);
    for (const line of inserts) expect(line).toMatch(/\] {2}variable\d+ = /);
    expect(lines.filter((line) => line.includes("map [1,2,8,6]"))).toEqual([]);
    cache.dispose();
  });

  test("the logits of one place alone are those of all at this place", async () => {
    const model = new Llama(config, new Generator(1)).eval();
    const batch = await batchOf(1, [0, 2], length, config.vocabSize);
    const all = fullLogits(model, batch).keep();
    for (const place of [0, 3, length - 1]) {
      const one = fullLogits(model, batch, { logitsAt: place });
      expect(one.shape).toEqual([2, 1, config.vocabSize]);
      expect(await one.data()).toEqual(await all.slice(1, place, place + 1).data());
    }
  });
});
