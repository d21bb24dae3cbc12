import { expect, test } from "vitest";
import { moonlight16B } from "./config.ts";
import { countParameters, parameterShapes, trainingFlopsPerToken } from "./parameters.ts";

const shapes = [...parameterShapes(moonlight16B)];
const size = (name: string): number => {
  const found = shapes.filter((parameter) => parameter.name.startsWith(name));
  return found.reduce((sum, { shape }) => sum + shape.reduce((product, extent) => product * extent, 1), 0);
};

test("the checkpoint of Moonlight-16B has 5,317 tensors, each name once", () => {
  expect(shapes).toHaveLength(5317);
  expect(new Set(shapes.map(({ name }) => name)).size).toBe(5317);
});

test("the parts of Moonlight-16B have the golden sizes", () => {
  expect(size("model.layers.5.self_attn.") - size("model.layers.5.self_attn.kv_a_layernorm.")).toBe(13_762_560);
  expect(size("model.layers.0.mlp.")).toBe(69_206_016);
  expect(size("model.layers.1.mlp.experts.63.")).toBe(8_650_752);
  expect(size("model.layers.1.mlp.experts.")).toBe(553_648_128);
  expect(size("model.layers.1.mlp.shared_experts.")).toBe(17_301_504);
  expect(size("model.layers.1.mlp.gate.")).toBe(131_072 + 64);
  expect(size("model.layers.0.")).toBe(82_973_184);
  expect(size("model.layers.26.")).toBe(584_847_936);
});

test("the counts of Moonlight-16B are the golden numbers", () => {
  expect(countParameters(moonlight16B)).toEqual({
    total: 15_960_108_544,
    nonEmbedding: 15_289_019_904,
    activated: 2_243_685_888,
    embedding: 335_544_320,
    routerBiases: 1_664,
    muon: 15_288_893_440,
    muonMatrices: 5_207,
    adamW: 671_215_104,
  });
});

test("Newton–Schulz over Muon's matrices costs 0.13 % of 6·N·tokens at Moonlight's batch", () => {
  const flops = shapes
    .filter(({ optimizer }) => optimizer === "muon")
    .map(({ shape }) => {
      const [p, q] = [Math.min(...shape), Math.max(...shape)];
      return 5 * (4 * p * p * q + 2 * p ** 3);
    });
  const total = flops.reduce((sum, value) => sum + value, 0);
  expect(total).toBeGreaterThan(5.9015e14);
  expect(total).toBeLessThan(5.9025e14);
});

test("a token's FLOPs are 6 for each weight in use, and those of attention over half of the sequence", () => {
  const { activated, embedding } = countParameters(moonlight16B);
  const gains =
    size("model.norm") + shapes.filter(({ name }) => name.includes("layernorm")).reduce((s, p) => s + p.shape[0], 0);
  const weights = 6 * (activated - gains + embedding);
  expect(trainingFlopsPerToken(moonlight16B, 0)).toBeCloseTo(weights + 6 * 27 * 16 * (192 + 128) * 0.5, -3);
  const growth = trainingFlopsPerToken(moonlight16B, 8192) - trainingFlopsPerToken(moonlight16B, 0);
  expect(growth).toBeCloseTo(6 * 27 * 16 * (192 + 128) * 4096, -3);
});
