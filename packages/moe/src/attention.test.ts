import { arange, concat, Generator, readAll, type Tensor, tensor } from "@tsuki/core";
import { documentIds, KVCache, RotaryEmbedding } from "@tsuki/nn";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { normal, smallConfig } from "../test/small.ts";
import { MultiHeadLatentAttention, type Projections } from "./attention.ts";

const config = smallConfig();
const {
  numAttentionHeads: heads,
  kvLoraRank: latentWidth,
  qkNopeHeadDim: plain,
  qkRopeHeadDim: rotated,
  vHeadDim,
} = config;

function rotaryOf(): RotaryEmbedding {
  return new RotaryEmbedding({ dim: rotated, theta: config.ropeTheta, maxPositions: config.maxPositionEmbeddings });
}

/** The largest difference of two tensors. */
function distance(a: Tensor, b: Tensor): Promise<number> {
  return a.sub(b).abs().max().item();
}

onEachDevice(() => {
  test("expanded latents or the absorbed form over the cache: the same", async () => {
    const attention = new MultiHeadLatentAttention(config, rotaryOf(), new Generator(1));
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), async (seed) => {
        const x = await normal(seed, [2, 9, config.hiddenSize]);
        const cache = new KVCache({ capacity: 9 });
        const padding = tensor(Int32Array.of(0, 2));
        const first = attention.call(x.slice(1, 0, 5), cache.prefill(5, { padding }));
        const others = [2, 1, 1].map((length) => {
          const start = cache.length;
          return attention.call(x.slice(1, start, start + length), cache.extend(length));
        });
        const places = arange(9);
        const mask = places.ge(padding.unsqueeze(1));
        const positions = places.sub(padding.unsqueeze(1)).maximum(0);
        const plain = attention.call(x, { mask, positions });
        const off = concat([first, ...others], 1)
          .sub(plain)
          .abs();
        // The padded places of the second row mean nothing.
        const read = await readAll({ off: off.slice(1, 2).max(), largest: plain.abs().max() });
        expect(read.off.data[0]).toBeLessThanOrEqual(1e-4 * read.largest.data[0]);
        expect(cache.variables.map(({ shape }) => shape)).toEqual([[2, 9, latentWidth + rotated]]);
        cache.dispose();
      }),
      { numRuns: 10 },
    );
  });

  test("packed documents are as each document alone", async () => {
    const attention = new MultiHeadLatentAttention(config, rotaryOf(), new Generator(1));
    const x = await normal(4, [2, 7, config.hiddenSize]);
    const documents = documentIds(tensor(Int32Array.of(0, 3, 7)), 7);
    const alone = [x.slice(1, 0, 3), x.slice(1, 3)].map((piece) => attention.call(piece));
    expect(await distance(attention.call(x, { documents }), concat(alone, 1))).toBeLessThan(1e-5);
    expect(() => attention.call(x, { documents, ...new KVCache({ capacity: 7 }).prefill(7) })).toThrow(
      "leave documents out",
    );
  });

  test("the latent's norm has eps 1e-6, whatever the config says", async () => {
    const attention = new MultiHeadLatentAttention({ ...config, rmsNormEps: 0.5 }, rotaryOf(), new Generator(1));
    const x = (await normal(2, [1, 1, 7])).mul(1e-3);
    const meanSquare = x.square().mean();
    const expected = x.div(meanSquare.add(1e-6).sqrt());
    expect(await distance(attention.kvALayernorm.call(x), expected)).toBeLessThan(1e-6);
  });

  test("only differences of positions count", async () => {
    const attention = new MultiHeadLatentAttention(config, rotaryOf(), new Generator(1));
    const x = await normal(2, [1, 6, 12]);
    const at = (start: number): Tensor => attention.call(x, { positions: arange(start, start + 6).unsqueeze(0) });
    expect(await distance(at(0), attention.call(x))).toBe(0);
    for (const start of [1, 100, 506]) expect(await distance(at(start), at(0))).toBeLessThan(1e-5);
    const spread = attention.call(x, { positions: arange(6).mul(3).unsqueeze(0) });
    expect(await distance(spread, at(0))).toBeGreaterThan(1e-3);
  });

  test("a row behind padding is as if it were alone", async () => {
    const attention = new MultiHeadLatentAttention(config, rotaryOf(), new Generator(1));
    const x = await normal(2, [1, 6, 12]);
    const mask = tensor([[false, false, true, true, true, true]]);
    const alone = attention.call(x.slice(1, 2)).keep();
    expect(await distance(attention.call(x, { mask }).slice(1, 2), alone)).toBeLessThan(1e-5);
    expect(await distance(attention.call(x).slice(1, 2), alone)).toBeGreaterThan(1e-3);
  });

  test("all heads share the rotated part of the key", async () => {
    const attention = new MultiHeadLatentAttention(config, rotaryOf(), new Generator(1));
    const seen: Projections[] = [];
    attention.call(await normal(2, [1, 6, 12]), {}, (projections) => seen.push(projections));
    const [{ queries, keys, values }] = seen;
    expect([queries.shape, keys.shape, values.shape]).toEqual([
      [1, heads, 6, plain + rotated],
      [1, heads, 6, plain + rotated],
      [1, heads, 6, vHeadDim],
    ]);
    const { data } = (await readAll({ shared: keys.slice(3, plain) })).shared;
    expect(data.slice(0, data.length / 2)).toEqual(data.slice(data.length / 2));
  });
});
