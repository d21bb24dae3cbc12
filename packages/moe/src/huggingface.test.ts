import { ArgumentError } from "@tsuki/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkConfig, moonlight16B } from "./config.ts";
import { configFromHuggingFace, toHuggingFace } from "./huggingface.ts";

const json = toHuggingFace(moonlight16B);

test("a config survives the way to Hugging Face's keys and back", () => {
  expect(configFromHuggingFace(json)).toEqual(moonlight16B);
  expect(json).toMatchObject({
    model_type: "deepseek_v3",
    n_routed_experts: 64,
    num_key_value_heads: 16,
    q_lora_rank: null,
  });
});

test("keys that change nothing are ignored, absent variants are the usual ones", () => {
  const { q_lora_rank: _, rope_scaling: __, ...rest } = json;
  expect(configFromHuggingFace({ ...rest, torch_dtype: "bfloat16", use_cache: true })).toEqual(moonlight16B);
});

test.each<[string, unknown, string]>([
  ["model_type", "llama", 'model_type = "llama" is not supported, only "deepseek_v3"'],
  ["q_lora_rank", 1536, "q_lora_rank = 1536 is not supported, only null"],
  ["scoring_func", "softmax", 'scoring_func = "softmax" is not supported, only "sigmoid"'],
  ["rope_scaling", { type: "yarn" }, 'rope_scaling = {"type":"yarn"} is not supported, only null'],
  ["num_key_value_heads", 4, "num_key_value_heads = 4 must equal num_attention_heads"],
  ["num_experts_per_tok", 0, "num_experts_per_tok must be a whole number ≥ 1, not 0"],
  ["norm_topk_prob", 1, "norm_topk_prob must be true or false, not 1"],
  ["topk_group", 2, "topk_group = 2 exceeds n_group = 1"],
])("%s = %o is refused", (key, value, message) => {
  expect(() => configFromHuggingFace({ ...json, [key]: value })).toThrow(ArgumentError);
  expect(() => configFromHuggingFace({ ...json, [key]: value })).toThrow(message);
});

test("missing keys are all named", () => {
  const { hidden_size: _, n_group: __, ...rest } = json;
  expect(() => configFromHuggingFace(rest)).toThrow("missing: hidden_size, n_group");
});

test.each([null, [], "{}", 3])("%o is no config", (value) => {
  expect(() => configFromHuggingFace(value)).toThrow("config.json holds an object");
});

test("inherited properties are no keys", () => {
  const { hidden_size: _, ...rest } = json;
  expect(() => configFromHuggingFace(Object.assign(Object.create({ hidden_size: 2048 }), rest))).toThrow(
    "missing: hidden_size",
  );
});

test("10,000 changed configs give a config that fits, or an ArgumentError", () => {
  const key = fc.oneof(fc.constantFrom(...Object.keys(json)), fc.constantFrom("__proto__", "constructor"), fc.string());
  const value = fc.oneof(
    fc.constantFrom(0, -1, 1, 2, 7, 0.5, 1e300, 2 ** 53, "64", null, true, false, [], {}),
    fc.integer(),
    fc.double(),
    fc.jsonValue(),
  );
  const change = fc.record({ key, value: fc.option(value, { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      // As text, as a file comes: a key may be "__proto__", a number may be read as infinite.
      const entries = new Map<string, unknown>(Object.entries(json));
      for (const { key, value } of changes) value === undefined ? entries.delete(key) : entries.set(key, value);
      const text = [...entries].map(([name, held]) => `${JSON.stringify(name)}:${JSON.stringify(held)}`).join();
      try {
        checkConfig(configFromHuggingFace(JSON.parse(`{${text}}`)));
      } catch (error) {
        expect(error).toBeInstanceOf(ArgumentError);
        expect((error as Error).message).toMatch(/^Moonlight config: /);
      }
    }),
    { numRuns: 10_000 },
  );
});
