import { ArgumentError, Generator, realize, stats, type Tensor, tensor } from "@tsuki/core";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { type AttentionContext, scaledDotProductAttention } from "./attention.ts";
import { Dropout } from "./dropout.ts";
import { Embedding } from "./embedding.ts";
import { type GenerateOptions, generate, type RowToken } from "./generate.ts";
import { inference } from "./inference.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { RotaryEmbedding } from "./rotary.ts";

const [vocabulary, heads, headDim] = [11, 2, 4];

/** One layer of attention: small, causal, and sensitive to positions and padding. */
class TinyModel extends Module<[ids: Tensor, context?: AttentionContext], Tensor> {
  readonly embedding: Embedding;
  readonly qProj: Linear;
  readonly kProj: Linear;
  readonly rotary = new RotaryEmbedding({ dim: headDim, maxPositions: 256 });
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

  forward(ids: Tensor, { mask, positions, cache }: AttentionContext = {}): Tensor {
    this.seen.push(ids.shape);
    const [batch, length] = ids.shape;
    const hidden = this.dropout.call(this.embedding.call(ids));
    const split = (x: Tensor): Tensor => x.reshape([batch, length, heads, headDim]).transpose(1, 2);
    const [q, k] = [this.qProj, this.kProj].map((proj) => this.rotary.call(split(proj.call(hidden)), positions));
    const keys = cache?.update(this, "keys", k) ?? k;
    const values = cache?.update(this, "values", split(hidden)) ?? split(hidden);
    const seen = cache ? { mask: cache.visible() } : { causal: true, ...(mask && { mask }) };
    const mixed = scaledDotProductAttention(q, keys, values, seen);
    return this.lmHead.call(hidden.add(mixed.transpose(1, 2).reshape(hidden.shape)));
  }
}

async function collect(model: TinyModel, prompt: readonly number[], options: GenerateOptions): Promise<number[]> {
  const tokens: number[] = [];
  for await (const token of generate(model, prompt, options)) tokens.push(token);
  return tokens;
}

/** The continuations of a batch, row by row. */
async function collectRows(
  model: TinyModel,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions,
): Promise<number[][]> {
  const rows: number[][] = prompts.map(() => []);
  for await (const { row, token } of generate(model, prompts, options)) rows[row].push(token);
  return rows;
}

async function lastLogits(model: TinyModel, text: readonly number[]): Promise<Float32Array> {
  const logits = inference(model, () => model.call(tensor(Int32Array.from(text), { shape: [1, text.length] })));
  return (await logits.select(1, -1).data()) as Float32Array;
}

/**
 * Greedy tokens by the definition: each from the whole text so far, without padding and cache; a text that outgrows the
 * window goes on from its later half.
 */
async function greedy(
  model: TinyModel,
  prompt: readonly number[],
  { maxNewTokens, window, repetitionPenalty = 1 }: GenerateOptions,
): Promise<number[]> {
  const tokens: number[] = [];
  let text = prompt.slice(-window);
  const occurred = new Set(text);
  while (tokens.length < maxNewTokens) {
    const logits = (await lastLogits(model, text)).map((logit, token) => {
      if (!occurred.has(token)) return logit;
      return logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty;
    });
    const token = logits.indexOf(Math.max(...logits));
    tokens.push(token);
    occurred.add(token);
    text = [...text, token];
    if (text.length > window) text = text.slice(-Math.max(1, Math.floor(window / 2)));
  }
  return tokens;
}

const prompts = fc.array(fc.nat(vocabulary - 1), { minLength: 1, maxLength: 12 });

onEachDevice(() => {
  let model: TinyModel;
  beforeAll(() => {
    model = new TinyModel(new Generator(1));
  });

  test("greedy tokens are those of the text without padding and cache", async () => {
    const cases = fc.record({ window: fc.constantFrom(1, 2, 5, 16, 64), repetitionPenalty: fc.constantFrom(1, 4) });
    await fc.assert(
      fc.asyncProperty(prompts, cases, async (prompt, { window, repetitionPenalty }) => {
        const options = { maxNewTokens: 7, window, temperature: 0, repetitionPenalty };
        expect(await collect(model, prompt, options)).toEqual(await greedy(model, prompt, options));
      }),
      { numRuns: 8 },
    );
  });

  test("the rows of a ragged batch are as if they were alone, whenever each ends", async () => {
    const batches = fc.array(prompts, { minLength: 3, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(batches, fc.nat(vocabulary - 1), async (batch, stop) => {
        const options = { maxNewTokens: 6, window: 16, temperature: 0, stopTokens: [stop], topP: 0.9 };
        const alone: number[][] = [];
        for (const prompt of batch) alone.push(await collect(model, prompt, options));
        expect(await collectRows(model, batch, options)).toEqual(alone);
      }),
      { numRuns: 4 },
    );
  });

  test("each row of a batch outgrows the window at its own time", async () => {
    const options = { maxNewTokens: 20, window: 8, temperature: 0, repetitionPenalty: 2 };
    const batch = [[1], [1, 2, 3, 4, 5, 6], [7, 2, 3, 4, 9, 6, 7]];
    const alone: number[][] = [];
    for (const prompt of batch) alone.push(await greedy(model, prompt, options));
    expect(await collectRows(model, batch, options)).toEqual(alone);
  });

  test("200 tokens are a few plans, and another prompt up to the same power of two is none", async () => {
    const before = stats();
    const options = { maxNewTokens: 200, window: 256, topK: 5, minP: 0.01, repetitionPenalty: 1.1 };
    expect((await collect(model, [1, 2, 3, 4, 5], { ...options, temperature: 1.2 })).length).toBe(200);
    const between = stats();
    // Prefill and decode; giving the memory back runs none.
    expect(between.plansCompiled - before.plansCompiled).toBeLessThanOrEqual(2);
    expect(between.plansRun - before.plansRun).toBe(200);
    const others = { ...options, maxNewTokens: 180, temperature: 0, minP: 0.2, repetitionPenalty: 2 };
    let count = 0;
    for await (const _ of generate(model, [4, 4, 4, 4, 4, 4, 4, 4], others)) if (++count === 9) break;
    const after = stats();
    expect(after.plansCompiled).toBe(between.plansCompiled);
    expect(after.recomputedNodes).toBe(before.recomputedNodes);
  });

  test("what outgrows the window again and again needs no plan of its own", async () => {
    const options = { maxNewTokens: 40, window: 16, temperature: 0 };
    const before = stats();
    expect(await collect(model, [1, 2, 3], options)).toEqual(await greedy(model, [1, 2, 3], options));
    const own = stats().plansCompiled;
    await collect(model, [3, 2, 1, 0], options);
    expect(stats().plansCompiled).toBe(own);
    expect(stats().recomputedNodes).toBe(before.recomputedNodes);
  });

  test("one seed, one text; the rows of a batch differ", async () => {
    const draw = (seed: number): Promise<number[]> =>
      collect(model, [1, 2], { maxNewTokens: 14, window: 16, generator: new Generator(seed) });
    expect(await draw(1)).toEqual(await draw(1));
    expect(await draw(1)).not.toEqual(await draw(2));
    const options = { maxNewTokens: 14, window: 16, temperature: 3, generator: new Generator(1) };
    const [a, b] = await collectRows(model, [[1], [1]], options);
    expect(a).not.toEqual(b);
  });

  test("a stop token ends the text and is yielded", async () => {
    const options = { maxNewTokens: 30, window: 32, generator: new Generator(3) };
    const all = await collect(model, [1], options);
    const stop = all[9];
    const ended = await collect(model, [1], { ...options, generator: new Generator(3), stopTokens: [stop] });
    expect(ended).toEqual(all.slice(0, all.indexOf(stop) + 1));
  });

  test("a batch comes step by step, in it row by row", async () => {
    const seen: RowToken[] = [];
    for await (const one of generate(model, [[1], [2, 3]], { maxNewTokens: 2, window: 8 })) seen.push(one);
    expect(seen.map(({ row }) => row)).toEqual([0, 1, 0, 1]);
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

  test("prompts take a power of two, later tokens one place", async () => {
    const shapes = async (prompt: number, maxNewTokens: number, window: number): Promise<unknown> => {
      model.seen.length = 0;
      await collect(model, new Array<number>(prompt).fill(1), { maxNewTokens, window });
      return model.seen.map(String);
    };
    expect(await shapes(3, 3, 64)).toEqual(["1,4", "1,1", "1,1"]);
    expect(await shapes(5, 2, 64)).toEqual(["1,8", "1,1"]);
    expect(await shapes(7, 2, 7)).toEqual(["1,7", "1,4"]);
    expect(await shapes(9, 1, 4)).toEqual(["1,4"]);
    expect(await shapes(3, 0, 64)).toEqual([]);
  });

  test("the memory is given back at the end, at a break, and at an error", async () => {
    await realize();
    const { liveBytes } = stats();
    const options = { maxNewTokens: 9, window: 32, repetitionPenalty: 2 };
    await collect(model, [1, 2], options);
    expect(stats().liveBytes).toBe(liveBytes);
    for await (const _ of generate(model, [1, 2], options)) {
      expect(stats().liveBytes).toBeGreaterThan(liveBytes);
      break;
    }
    expect(stats().liveBytes).toBe(liveBytes);
    const fail = async (): Promise<void> => {
      for await (const _ of generate(model, [[1, 2]], options)) throw new Error("the caller's");
    };
    await expect(fail()).rejects.toThrow("the caller's");
    expect(stats().liveBytes).toBe(liveBytes);
  });

  test("a cache of bfloat16 takes half of the memory", async () => {
    await realize();
    const held = async (cacheDtype?: "bfloat16"): Promise<number> => {
      const { liveBytes } = stats();
      for await (const _ of generate(model, [1, 2], {
        maxNewTokens: 200,
        window: 256,
        ...(cacheDtype && { cacheDtype }),
      })) {
        return stats().liveBytes - liveBytes;
      }
      return 0;
    };
    // Keys and values of 256 places, and a few bytes for the token.
    const whole = 256 * 2 * heads * headDim * 4;
    expect(Math.abs((await held()) - whole)).toBeLessThan(256);
    expect(Math.abs((await held("bfloat16")) - whole / 2)).toBeLessThan(256);
  });

  test("an abort ends the generation with the signal's reason", async () => {
    const control = new AbortController();
    const tokens: number[] = [];
    const run = async (): Promise<void> => {
      const options = { maxNewTokens: 9, window: 32, signal: control.signal };
      for await (const token of generate(model, [1], options)) {
        tokens.push(token);
        if (tokens.length === 2) control.abort(new Error("enough"));
      }
    };
    await expect(run()).rejects.toThrow("enough");
    expect(tokens.length).toBe(2);
    await expect(run()).rejects.toThrow("enough");
    expect(tokens.length).toBe(2);
  });

  test("logits that are no numbers are an error that names the row", async () => {
    const broken = new TinyModel(new Generator(1));
    broken.embedding.weight.assign(
      tensor(new Float32Array(vocabulary * heads * headDim).fill(Number.NaN, 0, 8), {
        shape: [vocabulary, heads * headDim],
      }),
    );
    const options = { maxNewTokens: 2, window: 4 };
    await expect(collectRows(broken, [[1], [0]], options)).rejects.toThrow("generate: logits of row 1 are NaN or +∞");
    expect(await collect(broken, [1], { ...options, maxNewTokens: 1 })).toHaveLength(1);
  });

  test("arguments out of range are errors at the call", async () => {
    const options = { maxNewTokens: 1, window: 4 };
    expect(() => generate(model, [], options)).toThrow("a prompt is empty");
    expect(() => generate(model, [[1], []], options)).toThrow("a prompt is empty");
    expect(() => generate(model, [1], { ...options, maxNewTokens: -1 })).toThrow(
      "maxNewTokens is a whole number ≥ 0, not -1",
    );
    expect(() => generate(model, [1], { ...options, window: 0 })).toThrow("the window is a whole number ≥ 1, not 0");
    expect(() => generate(model, [1], { ...options, topK: 0 })).toThrow("topK is a whole number ≥ 1, not 0");
    await expect(collect(model, [vocabulary], options)).rejects.toThrow(/take: index 11/);
    const list = "is a plain list of token ids, not";
    expect(() => generate(model, "text" as never, options)).toThrow(`generate: a prompt ${list} "text"`);
    expect(() => generate(model, Uint8Array.of(1) as never, options)).toThrow(`generate: a prompt ${list} an array`);
    expect(() => generate(model, undefined as never, options)).toThrow(`generate: a prompt ${list} undefined`);
    expect(() => generate(model, [[1], 2] as never, options)).toThrow(`generate: a prompt ${list} 2`);
    expect(() => generate(model, [1], { ...options, stopTokens: 28 as never })).toThrow(`stopTokens ${list} 28`);
    expect(() => generate(model, [1], { ...options, stopTokens: ["."] as never })).toThrow(
      'a token is a whole number ≥ 0, not "."',
    );
  });

  test("a window is no longer than the config says the model sees", () => {
    const config = { maxPositionEmbeddings: 8 };
    const known = Object.assign(new TinyModel(new Generator(1)), { config });
    expect(() => generate(known, [1], { maxNewTokens: 1, window: 9 })).toThrow(
      new ArgumentError("generate: the window is 9, and the model has 8 positions"),
    );
    for (const window of [1, 8]) expect(() => generate(known, [1], { maxNewTokens: 1, window })).not.toThrow();
  });
});

test("a model that hands its context to no attention is an error", async () => {
  class Deaf extends Module<[ids: Tensor], Tensor> {
    forward(ids: Tensor): Tensor {
      return ids
        .unsqueeze(2)
        .expand([...ids.shape, vocabulary])
        .cast("float32");
    }
  }
  const tokens = generate(new Deaf(), [1], { maxNewTokens: 1, window: 4 });
  await expect(tokens.next()).rejects.toThrow("the model must hand its context to attention");
});
