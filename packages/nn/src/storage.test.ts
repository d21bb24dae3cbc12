import { type DType, Generator, stats, tensor } from "@tsuki/core";
import { describe, expect, it } from "vitest";
import { onEachDevice } from "../../../tests/devices.ts";
import { generate } from "./generate.ts";
import { Int8Linear, quantizeLinear } from "./int8-linear.ts";
import { Linear } from "./linear.ts";
import { Llama } from "./llama.ts";
import { llamaConfigFromHuggingFace } from "./llama-config.ts";
import { applyLoRA, mergeLoRA } from "./lora.ts";
import { castParameters } from "./storage.ts";

const config = llamaConfigFromHuggingFace({
  model_type: "llama",
  vocab_size: 16,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  max_position_embeddings: 32,
  rms_norm_eps: 1e-5,
  initializer_range: 0.3,
  tie_word_embeddings: true,
});
const ids = tensor(Int32Array.of(1, 5, 2, 9), { shape: [1, 4] });

onEachDevice(() => {
  describe("castParameters", () => {
    it("halves the memory of the weights, which load and save in that dtype; tied ones stay tied", async () => {
      const model = new Llama(config, new Generator(1));
      const exact = await model.stateDict();
      const logits = await model.call(ids).data();
      const names = castParameters(model, "bfloat16");
      expect(names.sort()).toEqual(Object.keys(model.namedParameters()).sort());
      expect(model.model.embedTokens.weight).toBe(model.lmHead.weight);
      const rounded = await model.stateDict();
      expect(
        Object.values(rounded).every(({ dtype, data }) => dtype === "bfloat16" && data.BYTES_PER_ELEMENT === 2),
      ).toBe(true);
      const near = await model.call(ids).data();
      const largest = Math.max(...logits.map(Math.abs));
      expect(near).not.toEqual(logits);
      for (const [i, value] of near.entries()) expect(Math.abs(value - logits[i])).toBeLessThan(0.05 * largest);
      model.loadStateDict(exact);
      expect(await model.stateDict()).toEqual(rounded);
    });

    it("generates from 16-bit weights", async () => {
      const model = new Llama(config, new Generator(1));
      castParameters(model, "float16");
      const tokens: number[] = [];
      for await (const token of generate(model, [1, 5, 2], { maxNewTokens: 4, window: 16, temperature: 0 }))
        tokens.push(token);
      expect(tokens).toHaveLength(4);
    });

    it("chooses by name, leaves buffers alone, and refuses integers", () => {
      const model = new Llama(config, new Generator(1));
      const names = castParameters(model, "bfloat16", { include: /mlp/ });
      expect(names).toHaveLength(6);
      expect(model.model.layers[0].mlp.upProj.weight.dtype).toBe("bfloat16");
      expect(model.model.norm.weight.dtype).toBe("float32");
      expect(() => castParameters(model, "int8")).toThrow(/a float dtype is needed, not "int8"/);
      expect(() => castParameters(model, "bf16" as DType)).toThrow(
        'castParameters: a float dtype is needed, not "bf16": float32, float64, bfloat16, float16; for int8',
      );
      expect(() => castParameters(model, "bfloat16", { includes: /norm/ } as object)).toThrow(
        'castParameters: there is no option "includes", only include',
      );
    });
  });

  describe("quantizeLinear", () => {
    it("each weight is off by at most half a step of its row, and rows of zeros stay zeros", async () => {
      const layer = new Linear({ inFeatures: 20, outFeatures: 7, bias: true, generator: new Generator(2) });
      layer.weight.assign(layer.weight.mul(tensor([0, 1, 1e-30, 5, 1, 1, 1]).unsqueeze(1)));
      const weight = await layer.weight.data();
      const small = new Int8Linear(layer);
      const [restored, scale] = [await small.effectiveWeight().data(), await small.scale.data()];
      expect(small.weight.dtype).toBe("int8");
      for (const [i, value] of restored.entries()) {
        expect(Math.abs(value - weight[i])).toBeLessThanOrEqual(0.5 * scale[Math.floor(i / 20)] * (1 + 1e-5));
      }
      const x = new Generator(3).normal([3, 20]);
      const wanted = x.matmul(small.effectiveWeight().transpose()).add(layer.bias ?? 0);
      const [got, expected] = [await small.call(x).data(), await wanted.data()];
      for (const [i, value] of got.entries()) expect(value).toBeCloseTo(expected[i], 4);
    });

    it("replaces the layers that are meant, under an adapter too, and refuses a tied weight", async () => {
      const model = new Llama(config, new Generator(1));
      const before = await model.call(ids).data();
      expect(quantizeLinear(model, /layers/)).toHaveLength(14);
      const after = await model.call(ids).data();
      const largest = Math.max(...before.map(Math.abs));
      for (const [i, value] of after.entries()) expect(Math.abs(value - before[i])).toBeLessThan(0.1 * largest);
      applyLoRA(model, { rank: 2, targets: ["q_proj"], generator: new Generator(4) });
      expect(await model.call(ids).data()).toEqual(after);
      expect(() => mergeLoRA(model)).toThrow(/is int8, which cannot hold the update/);
      expect(() => quantizeLinear(model, /lm_head/)).toThrow(/the weight of lm_head is that of model.embed_tokens too/);
      expect(() => quantizeLinear(model, /nothing/)).toThrow(/matches no plain linear layer/);
    });
  });
});

it("one multiplication by a bfloat16 weight keeps nothing else resident", async () => {
  const layer = new Linear({ inFeatures: 64, outFeatures: 64 });
  await layer.weight.data();
  const before = stats().liveBytes;
  castParameters(layer, "bfloat16");
  await layer.weight.data();
  expect(stats().liveBytes - before).toBeLessThanOrEqual(64 * 64 * 2);
});
