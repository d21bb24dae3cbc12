import { Device, Generator, readAll, setDefaultDevice, type Tensor, type TensorData, tensor } from "@tsuki/core";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { selectionGap, smallConfig, tokens } from "../test/small.ts";
import type { MoonlightConfig } from "./config.ts";
import { languageModelLoss } from "./loss.ts";
import { Moonlight } from "./model.ts";
import { countParameters, parameterShapes } from "./parameters.ts";

const config = smallConfig({ numHiddenLayers: 3 });

onEachDevice(() => {
  test.each<[string, Partial<MoonlightConfig>]>([
    ["a dense layer and mixtures", {}],
    ["no shared experts", { numSharedExperts: 0 }],
    ["every second layer a mixture", { moeLayerFreq: 2, firstKDenseReplace: 0 }],
    ["dense layers alone", { firstKDenseReplace: 3 }],
  ])("the state has the checkpoint's names and shapes: %s", async (_, change) => {
    const model = new Moonlight({ ...config, ...change }, new Generator(1));
    const state = await model.stateDict();
    const expected = [...parameterShapes(model.config)].map(({ name, shape }) => [name, shape] as const);
    const byName = (entries: (readonly [string, readonly number[]])[]): unknown =>
      new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    expect(byName(Object.entries(state).map(([name, { shape }]) => [name, shape]))).toEqual(byName(expected));
    const sizes = model.parameters().map(({ size }) => size);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(countParameters(model.config).total);
  });

  test("initial weights are N(0, initializerRange), gains 1, biases 0; the generator decides them", async () => {
    const state = await new Moonlight({ ...config, initializerRange: 0.02 }, new Generator(1)).stateDict();
    const weights: number[] = [];
    for (const [name, { data, shape }] of Object.entries(state)) {
      if (shape.length === 2) weights.push(...data);
      else expect(new Set(data), name).toEqual(new Set([name.endsWith("bias") ? 0 : 1]));
    }
    const mean = weights.reduce((sum, value) => sum + value, 0) / weights.length;
    const variance = weights.reduce((sum, value) => sum + (value - mean) ** 2, 0) / weights.length;
    // Five standard errors of the mean and of the deviation.
    expect(Math.abs(mean)).toBeLessThan((5 * 0.02) / Math.sqrt(weights.length));
    expect(Math.abs(Math.sqrt(variance) / 0.02 - 1)).toBeLessThan(5 / Math.sqrt(2 * weights.length));
    const again = await new Moonlight({ ...config, initializerRange: 0.02 }, new Generator(1)).stateDict();
    expect(again).toEqual(state);
  });

  test("later tokens change no earlier logit, bit for bit", async () => {
    const model = new Moonlight(config, new Generator(1)).eval();
    const token = fc.integer({ min: 0, max: config.vocabSize - 1 });
    const row = fc.array(token, { minLength: 8, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(row, row, fc.integer({ min: 1, max: 7 }), async (first, second, kept) => {
        const changed = [...first.slice(0, kept), ...second.slice(kept)];
        const logits = async (ids: number[]): Promise<unknown> =>
          (
            (await model
              .call(tensor([ids], { dtype: "int32" }))
              .select(0, 0)
              .array()) as number[][]
          ).slice(0, kept);
        expect(await logits(changed)).toEqual(await logits(first));
      }),
    );
  });

  test("what is no tensor, and an unknown field of the context, are refused by name", () => {
    const model = new Moonlight(config);
    expect(() => model.call([[1, 2]] as never)).toThrow("a tensor is needed, not [[1,2]]; make it one with tensor()");
    expect(() => model.call(tensor(Int32Array.of(1), { shape: [1, 1] }), { attnMask: 1 } as object)).toThrow(
      'Moonlight: there is no option "attnMask", only mask, positions, documents, cache, logitsAt, observe',
    );
  });

  test("what does not fit is refused by name", async () => {
    expect(() => new Moonlight({ ...config, hiddenSize: 0 })).toThrow("hiddenSize must be a whole number ≥ 1");
    const model = new Moonlight(config, new Generator(1)).eval();
    expect(() => model.call(tensor([1, 2], { dtype: "int32" }))).toThrow("ids [batch, sequence] are needed, not [2]");
    expect(() => model.call(tensor([[1, config.vocabSize]], { dtype: "int32" }))).toThrow("outside [0, 29)");
  });
});

describe("wasm and reference", () => {
  const devices = { wasm: new Device("wasm", { threads: 2 }), reference: new Device("reference") };
  afterAll(() => Promise.all(Object.values(devices).map((device) => device.close())));

  /** Loss and gradients, and how near a choice came to another one. */
  async function run(device: Device, seed: number): Promise<{ values: Record<string, TensorData>; gap: number }> {
    setDefaultDevice(device);
    const model = new Moonlight(config, new Generator(seed));
    const ids = await tokens(seed, [2, 6], config.vocabSize);
    const scores: Record<string, Tensor> = {};
    const { loss } = languageModelLoss(model, ids, {
      observe: (seen) => {
        if (seen.kind === "routing") scores[`scores ${seen.layer}`] = seen.routing.scores;
      },
    });
    loss.backward();
    const named = Object.entries(model.namedParameters());
    const gradients = Object.fromEntries(named.flatMap(([name, { grad }]) => (grad ? [[name, grad]] : [])));
    const values = await readAll({ loss, ...gradients, ...scores });
    const gaps = Object.keys(scores).map((name) => selectionGap(values[name], config.numExpertsPerToken));
    return { values, gap: Math.min(...gaps) };
  }

  test("agree in the loss and every gradient", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), async (seed) => {
        const [reference, wasm] = [await run(devices.reference, seed), await run(devices.wasm, seed)];
        fc.pre(reference.gap > 1e-4);
        expect(Object.keys(wasm.values)).toEqual(Object.keys(reference.values));
        for (const [name, { data }] of Object.entries(reference.values)) {
          const largest = Math.max(...Array.from(data, Math.abs));
          const off = Math.max(...Array.from(data, (value, i) => Math.abs(value - wasm.values[name].data[i])));
          expect(off, name).toBeLessThanOrEqual(1e-4 * largest);
        }
      }),
      { numRuns: 10 },
    );
  });
});
