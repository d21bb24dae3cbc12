import { Generator, stats, type Tensor, tensor } from "@tsuki/core";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { expectClose } from "../test/close.ts";
import { type AttentionContext, scaledDotProductAttention } from "./attention.ts";
import { Dropout } from "./dropout.ts";
import { Embedding } from "./embedding.ts";
import { type GenerateOptions, generate } from "./generate.ts";
import { inference } from "./inference.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { HostGenerator } from "./random.ts";
import { RotaryEmbedding } from "./rotary.ts";

const [vocabulary, heads, headDim] = [11, 2, 4];

/** One layer of attention: small, causal, and sensitive to positions and padding. */
class TinyModel extends Module<[ids: Tensor, context?: AttentionContext], Tensor> {
  readonly embedding: Embedding;
  readonly qProj: Linear;
  readonly kProj: Linear;
  readonly rotary = new RotaryEmbedding({ dim: headDim, maxPositions: 64 });
  readonly dropout = new Dropout({ p: 0.5 });
  readonly lmHead: Linear;
  /** Shapes of the ids that it was called with. */
  readonly seen: (readonly number[])[] = [];

  constructor(generator: Generator) {
    super();
    const size = heads * headDim;
    this.embedding = new Embedding({ numEmbeddings: vocabulary, embeddingDim: size, generator });
    this.qProj = new Linear({ inFeatures: size, outFeatures: size, generator });
    this.kProj = new Linear({ inFeatures: size, outFeatures: size, generator });
    this.lmHead = new Linear({ inFeatures: size, outFeatures: vocabulary, generator });
  }

  forward(ids: Tensor, { mask, positions }: AttentionContext = {}): Tensor {
    this.seen.push(ids.shape);
    const [batch, length] = ids.shape;
    const hidden = this.dropout.call(this.embedding.call(ids));
    const split = (x: Tensor): Tensor => x.reshape([batch, length, heads, headDim]).transpose(1, 2);
    const [q, k] = [this.qProj, this.kProj].map((proj) => this.rotary.call(split(proj.call(hidden)), positions));
    const mixed = scaledDotProductAttention(q, k, split(hidden), { causal: true, ...(mask && { mask }) });
    return this.lmHead.call(hidden.add(mixed.transpose(1, 2).reshape(hidden.shape)));
  }
}

async function collect(model: TinyModel, prompt: readonly number[], options: GenerateOptions): Promise<number[]> {
  const tokens: number[] = [];
  for await (const token of generate(model, prompt, options)) tokens.push(token);
  return tokens;
}

/** The same by the definition: every token from the whole text so far, without padding. */
async function greedy(model: TinyModel, prompt: readonly number[], count: number): Promise<number[]> {
  const text = [...prompt];
  for (let i = 0; i < count; i++) {
    const logits = inference(model, () => model.call(tensor([text], { dtype: "int32" })));
    const last = (await logits.select(1, -1).data()) as Float32Array;
    text.push(last.indexOf(Math.max(...last)));
  }
  return text.slice(prompt.length);
}

const prompts = fc.array(fc.nat(vocabulary - 1), { minLength: 1, maxLength: 12 });

onEachDevice(() => {
  let model: TinyModel;
  beforeAll(() => {
    model = new TinyModel(new Generator(1));
  });

  test("a padded row has the logits of the row alone", async () => {
    await fc.assert(
      fc.asyncProperty(prompts, fc.integer({ min: 1, max: 6 }), async (prompt, padding) => {
        const plain = inference(model, () => model.call(tensor([prompt], { dtype: "int32" })));
        const places = [...new Array<number>(padding).fill(-1), ...prompt.keys()];
        const ids = tensor([places.map((place) => prompt[place] ?? 0)], { dtype: "int32" });
        const mask = tensor([places.map((place) => place >= 0)]);
        const positions = tensor([places.map((place) => Math.max(place, 0))], { dtype: "int32" });
        const padded = inference(model, () => model.call(ids, { mask, positions }));
        expectClose(await padded.slice(1, padding).data(), await plain.data(), 2e-6);
      }),
    );
  });

  test("greedy tokens are those of the text without padding", async () => {
    await fc.assert(
      fc.asyncProperty(prompts, async (prompt) => {
        const options = { maxNewTokens: 6, window: 64, temperature: 0 };
        expect(await collect(model, prompt, options)).toEqual(await greedy(model, prompt, 6));
      }),
      { numRuns: 5 },
    );
  });

  test("200 tokens, and other prompts of other lengths, are one plan", async () => {
    const before = stats();
    const options = { maxNewTokens: 200, window: 16, temperature: 1.2, topK: 5 };
    expect((await collect(model, [1, 2, 3], options)).length).toBe(200);
    await collect(model, [4], { ...options, maxNewTokens: 13, temperature: 0 });
    await collect(model, new Array<number>(40).fill(2), { ...options, maxNewTokens: 3 });
    const after = stats();
    expect(after.plansCompiled - before.plansCompiled).toBeLessThanOrEqual(1);
    expect(after.plansRun - before.plansRun).toBe(216);
    expect(after.recomputedNodes).toBe(before.recomputedNodes);
  });

  test("one seed, one text", async () => {
    const draw = (seed: number): Promise<number[]> =>
      collect(model, [1, 2], { maxNewTokens: 14, window: 16, generator: new HostGenerator(seed) });
    expect(await draw(1)).toEqual(await draw(1));
    expect(await draw(1)).not.toEqual(await draw(2));
  });

  test("of a longer text the model sees the last tokens of the window", async () => {
    const options = { maxNewTokens: 4, window: 5, temperature: 0 };
    const long = [7, 3, 9, 1, 4, 4, 2, 8];
    const tokens = await collect(model, long, options);
    const text = [...long];
    for (const token of tokens) {
      expect([token]).toEqual(await greedy(model, text.slice(-5), 1));
      text.push(token);
    }
  });

  test("a stop token ends the text and is yielded", async () => {
    const options = { maxNewTokens: 30, window: 32, generator: new HostGenerator(3) };
    const all = await collect(model, [1], options);
    const stop = all[9];
    const ended = await collect(model, [1], { ...options, generator: new HostGenerator(3), stopTokens: [stop] });
    expect(ended).toEqual(all.slice(0, all.indexOf(stop) + 1));
  });

  test("between tokens the modes are those of the caller", async () => {
    model.train();
    model.lmHead.eval();
    const options = { maxNewTokens: 3, window: 4, temperature: 0 };
    const first = await collect(model, [5], options);
    for await (const _ of generate(model, [5], options)) {
      expect([model.training, model.dropout.training, model.lmHead.training]).toEqual([true, true, false]);
    }
    expect(await collect(model.eval(), [5], options)).toEqual(first);
    model.train();
  });

  test("one shape: the power of two that holds prompt and continuation, at most the window", async () => {
    const shapes = async (prompt: number, maxNewTokens: number, window: number): Promise<unknown> => {
      model.seen.length = 0;
      await collect(model, new Array<number>(prompt).fill(1), { maxNewTokens, window });
      return [...new Set(model.seen.map(String))];
    };
    expect(await shapes(3, 2, 64)).toEqual(["1,8"]);
    expect(await shapes(6, 2, 64)).toEqual(["1,8"]);
    expect(await shapes(7, 2, 64)).toEqual(["1,16"]);
    expect(await shapes(7, 2, 12)).toEqual(["1,12"]);
    expect(await shapes(3, 0, 64)).toEqual([]);
  });

  test("arguments out of range are errors", async () => {
    const options = { maxNewTokens: 1, window: 4 };
    await expect(collect(model, [], options)).rejects.toThrow("the prompt is empty");
    await expect(collect(model, [1], { ...options, maxNewTokens: -1 })).rejects.toThrow(
      "maxNewTokens is a whole number ≥ 0, not -1",
    );
    await expect(collect(model, [1], { ...options, window: 0 })).rejects.toThrow(
      "the window is a whole number ≥ 1, not 0",
    );
    await expect(collect(model, [1], { ...options, topK: 0 })).rejects.toThrow("topK is a whole number ≥ 1, not 0");
    await expect(collect(model, [vocabulary], options)).rejects.toThrow(/take: index 11/);
  });
});
