import { concat, Generator, noGrad, realize, type Tensor, tensor, together, type Variable, zeros } from "@tsuki/core";
import { gradcheck } from "@tsuki/core/autograd";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { expectClose } from "../test/close.ts";
import { referenceLogits } from "../test/llama-reference.ts";
import { normal64 } from "../test/random.ts";
import { smallLlama as config } from "../test/small-llama.ts";
import { KVCache } from "./cache.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { documentIds } from "./documents.ts";
import { Llama } from "./llama.ts";
import type { LlamaConfig } from "./llama-config.ts";

const ids = (...rows: number[][]): Tensor => tensor(rows, { dtype: "int32" });
const texts = fc.array(fc.integer({ min: 0, max: config.vocabSize - 1 }), { minLength: 2, maxLength: 7 });

onEachDevice((device) => {
  test.each<[string, Partial<LlamaConfig>]>([
    ["grouped heads", {}],
    ["one head of keys and values, tied embedding", { numKeyValueHeads: 1, tieWordEmbeddings: true }],
    [
      "whole heads, biases, a sliding window",
      { numKeyValueHeads: 4, attentionBias: true, mlpBias: true, slidingWindow: 3 },
    ],
  ])("logits are those of the definition: %s", async (_, change) => {
    const model = new Llama({ ...config, ...change }, new Generator(1));
    const biases = Object.entries(model.namedParameters()).filter(([name]) => name.endsWith("bias"));
    for (const [, bias] of biases) bias.assign(new Generator(2).normal(bias.shape));
    const text = [3, 1, 4, 1, 5, 9, 2, 6];
    const expected = referenceLogits(model.config, await model.stateDict(), text);
    expectClose(await model.call(ids(text)).data(), expected, 1e-5);
  });

  test("later tokens change no earlier logit, bit for bit", async () => {
    const model = new Llama(config, new Generator(1));
    await fc.assert(
      fc.asyncProperty(texts, fc.nat(), fc.nat(), async (text, pick, other) => {
        const kept = 1 + (pick % (text.length - 1));
        const changed = text.map((token, place) => (place < kept ? token : (token + 1 + other) % config.vocabSize));
        const run = (tokens: number[]): Tensor => model.call(ids(tokens)).slice(1, 0, kept);
        expect(await run(changed).data()).toEqual(await run(text).data());
      }),
      { numRuns: 10 },
    );
  });

  test("packed documents give the logits of each alone", async () => {
    const model = new Llama(config, new Generator(1));
    await fc.assert(
      fc.asyncProperty(texts, texts, async (first, second) => {
        const [packed, bounds] = [
          [...first, ...second],
          [0, first.length, first.length + second.length],
        ];
        const documents = documentIds(tensor(Int32Array.from(bounds)), packed.length);
        const alone = [first, second].map((text) => model.call(ids(text)));
        expectClose(await model.call(ids(packed), { documents }).data(), await concat(alone, 1).data(), 1e-5);
      }),
      { numRuns: 10 },
    );
  });

  test("padding on the left changes no logit by more than rounding", async () => {
    const model = new Llama(config, new Generator(1));
    const mask = tensor([[false, false, true, true, true]]);
    const positions = ids([0, 0, 0, 1, 2]);
    const padded = model.call(ids([9, 9, 1, 2, 3]), { mask, positions }).slice(1, 2);
    expectClose(await padded.data(), await model.call(ids([1, 2, 3])).data(), 1e-5);
  });

  test("with a cache, token by token, as without", async () => {
    const model = new Llama({ ...config, slidingWindow: 4 }, new Generator(1));
    const text = [3, 1, 4, 1, 5, 9, 2];
    const expected = await model.call(ids(text)).data();
    const cache = new KVCache({ capacity: 8 });
    const rows = [model.call(ids(text.slice(0, 3)), cache.prefill(3))];
    for (const token of text.slice(3)) rows.push(model.call(ids([token]), cache.extend()));
    expectClose(await concat(rows, 1).data(), expected, 1e-5);
  });

  test.runIf(device === "wasm")("it learns a batch by heart", async () => {
    const model = new Llama({ ...config, initializerRange: 0.1 }, new Generator(1));
    const batch = ids([1, 2, 3, 4, 5, 6, 7, 8], [8, 3, 1, 7, 4, 2, 6, 5]);
    const loss = (): Tensor => crossEntropy(model.call(batch).slice(1, 0, -1), batch.slice(1, 1));
    const losses: number[] = [];
    for (let step = 0; step < 60; step++) {
      const value = loss();
      value.backward();
      // Descent by signs, ever smaller.
      together(() =>
        noGrad(() => {
          for (const parameter of model.parameters()) {
            const gradient = parameter.grad?.read() ?? zeros(parameter.shape);
            parameter.assign(parameter.sub(gradient.sign().mul(0.02 * 0.96 ** step)));
            parameter.consumeGrad();
          }
        }),
      );
      await realize();
      losses.push(await value.item());
    }
    expect(losses[0]).toBeGreaterThan(2.5);
    expect(losses[losses.length - 1]).toBeLessThan(0.1);
  });
});

test("names and shapes are those of the checkpoints", async () => {
  const shapes = async (change: Partial<LlamaConfig>): Promise<Record<string, readonly number[]>> => {
    const state = await new Llama({ ...config, numHiddenLayers: 1, ...change }).stateDict();
    return Object.fromEntries(Object.entries(state).map(([name, { shape }]) => [name, shape]));
  };
  const expected = {
    "model.embed_tokens.weight": [23, 12],
    "model.layers.0.input_layernorm.weight": [12],
    "model.layers.0.self_attn.q_proj.weight": [24, 12],
    "model.layers.0.self_attn.k_proj.weight": [12, 12],
    "model.layers.0.self_attn.v_proj.weight": [12, 12],
    "model.layers.0.self_attn.o_proj.weight": [12, 24],
    "model.layers.0.post_attention_layernorm.weight": [12],
    "model.layers.0.mlp.gate_proj.weight": [20, 12],
    "model.layers.0.mlp.up_proj.weight": [20, 12],
    "model.layers.0.mlp.down_proj.weight": [12, 20],
    "model.norm.weight": [12],
  };
  expect(await shapes({})).toEqual({ ...expected, "lm_head.weight": [23, 12] });
  expect(await shapes({ tieWordEmbeddings: true })).toEqual(expected);
});

test("a tied embedding is one variable with the sum of both gradients, loaded under either name", async () => {
  const tied = new Llama({ ...config, tieWordEmbeddings: true }, new Generator(1));
  const untied = new Llama(config, new Generator(2));
  const state = await tied.stateDict();
  untied.loadStateDict({ ...state, "lm_head.weight": state["model.embed_tokens.weight"] });
  expect(tied.lmHead.weight).toBe(tied.model.embedTokens.weight);
  const text = ids([3, 1, 4, 1, 5]);
  for (const model of [tied, untied]) model.call(text).square().mean().backward();
  const sum = untied.model.embedTokens.weight.grad?.add(untied.lmHead.weight.grad?.read() ?? 0);
  expectClose((await tied.lmHead.weight.grad?.data()) ?? [], (await sum?.data()) ?? [0], 1e-5);

  const { "model.embed_tokens.weight": embedding, ...rest } = state;
  const other = new Llama({ ...config, tieWordEmbeddings: true }, new Generator(3));
  other.loadStateDict({ ...rest, "lm_head.weight": embedding });
  expect(await other.stateDict()).toEqual(state);
});

test("what does not fit is refused by name", () => {
  expect(() => new Llama({ ...config, numKeyValueHeads: 3 })).toThrow("numKeyValueHeads = 3 must divide");
  expect(() => new Llama(config).call(tensor(Int32Array.of(1)))).toThrow("ids [batch, sequence] are needed, not [1]");
});

test("gradients, from the logits to the embedding", async () => {
  const small = { ...config, vocabSize: 5, hiddenSize: 3, intermediateSize: 4, numHiddenLayers: 1, headDim: 2 };
  // Made where the check runs: on its device, in its dtype.
  let model: Llama | null = null;
  const run = (embedding: Variable, keys: Variable, gain: Variable): Tensor => {
    model ??= new Llama({ ...small, numAttentionHeads: 2, numKeyValueHeads: 1 });
    const { embedTokens, layers } = model.model;
    embedTokens.weight = embedding;
    layers[0].selfAttn.kProj.weight = keys;
    layers[0].postAttentionLayernorm.weight = gain;
    return model.call(ids([1, 4, 2]));
  };
  await gradcheck(run, [await normal64(1, [5, 3]), await normal64(2, [2, 3]), await normal64(3, [3])]);
});
