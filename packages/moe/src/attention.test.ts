import { arange, concat, Generator, readAll, type Tensor, tensor, where } from "@tsuki/core";
import { RotaryEmbedding } from "@tsuki/nn";
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

/**
 * The absorbed form, in which the latents are never expanded: queries are taken into latent space, where they meet one key
 * of C + P numbers that all heads share, and the weighted latents are expanded once.
 */
function absorbed(attention: MultiHeadLatentAttention, rotary: RotaryEmbedding, x: Tensor): Tensor {
  const [batch, length] = x.shape;
  const [latent, sharedKey] = attention.kvAProjWithMqa.call(x).split([latentWidth, rotated], -1);
  const normed = attention.kvALayernorm.call(latent).unsqueeze(1);
  const ofHeads = attention.kvBProj.weight.reshape([heads, plain + vHeadDim, latentWidth]);
  const [toKeys, toValues] = ofHeads.split([plain, vHeadDim], 1);
  const queries = attention.qProj
    .call(x)
    .reshape([batch, length, heads, plain + rotated])
    .permute([0, 2, 1, 3]);
  const [plainQueries, toRotate] = queries.split([plain, rotated], -1);
  const inLatent = concat([plainQueries.matmul(toKeys.unsqueeze(0)), rotary.call(toRotate)], -1);
  const keys = concat([normed, rotary.call(sharedKey.unsqueeze(1))], -1);
  const scores = inLatent.matmul(keys.transpose()).div(Math.sqrt(plain + rotated));
  const earlier = arange(length).le(arange(length).unsqueeze(1));
  const weights = where(earlier, scores, Number.NEGATIVE_INFINITY).softmax();
  const attended = weights.matmul(normed).matmul(toValues.transpose().unsqueeze(0));
  return attention.oProj.call(attended.permute([0, 2, 1, 3]).reshape([batch, length, heads * vHeadDim]));
}

onEachDevice(() => {
  test("expanded latents or absorbed projections: the same", async () => {
    const rotary = rotaryOf();
    const attention = new MultiHeadLatentAttention(config, rotary, new Generator(1));
    const x = await normal(2, [2, 9, 12]);
    expect(await distance(attention.call(x), absorbed(attention, rotary, x))).toBeLessThan(1e-5);
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
