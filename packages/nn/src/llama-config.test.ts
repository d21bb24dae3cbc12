import { ArgumentError } from "@tsuki/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkLlamaConfig, llamaConfigFromHuggingFace, llamaConfigToHuggingFace } from "./llama-config.ts";

/** As in a published `config.json`. */
const json = {
  architectures: ["LlamaForCausalLM"],
  bos_token_id: 1,
  eos_token_id: [2, 3],
  hidden_act: "silu",
  hidden_size: 64,
  intermediate_size: 176,
  max_position_embeddings: 128,
  model_type: "llama",
  num_attention_heads: 8,
  num_hidden_layers: 4,
  rms_norm_eps: 1e-5,
  torch_dtype: "bfloat16",
  vocab_size: 256,
};

const config = {
  vocabSize: 256,
  hiddenSize: 64,
  intermediateSize: 176,
  numHiddenLayers: 4,
  numAttentionHeads: 8,
  numKeyValueHeads: 8,
  headDim: 8,
  maxPositionEmbeddings: 128,
  ropeTheta: 10_000,
  rmsNormEps: 1e-5,
  initializerRange: 0.02,
  attentionBias: false,
  mlpBias: false,
  attentionDropout: 0,
  slidingWindow: null,
  tieWordEmbeddings: false,
};

test("a config.json is read, what it leaves out has Llama's defaults", () => {
  expect(llamaConfigFromHuggingFace(json)).toEqual(config);
  expect(llamaConfigFromHuggingFace({ ...json, head_dim: null, num_key_value_heads: 2, rope_theta: 5e5 })).toEqual({
    ...config,
    numKeyValueHeads: 2,
    ropeTheta: 5e5,
  });
});

test("rope_parameters of newer files are understood", () => {
  const rope = { rope_theta: 5e5, rope_type: "default" };
  expect(llamaConfigFromHuggingFace({ ...json, rope_parameters: rope }).ropeTheta).toBe(5e5);
  expect(() => llamaConfigFromHuggingFace({ ...json, rope_parameters: { ...rope, rope_type: "yarn" } })).toThrow(
    'rope_scaling = {"rope_type":"yarn"} is not supported, only null',
  );
});

test("what is written is what is read", () => {
  for (const change of [{}, { slidingWindow: 9 }, { numKeyValueHeads: 4, headDim: 10, tieWordEmbeddings: true }]) {
    const changed = { ...config, ...change };
    expect(llamaConfigFromHuggingFace(JSON.parse(JSON.stringify(llamaConfigToHuggingFace(changed))))).toEqual(changed);
  }
  expect(llamaConfigToHuggingFace(config)).toMatchObject({ architectures: ["LlamaForCausalLM"], model_type: "llama" });
  expect(llamaConfigToHuggingFace({ ...config, slidingWindow: 9 })).toMatchObject({
    architectures: ["MistralForCausalLM"],
    model_type: "mistral",
    sliding_window: 9,
  });
});

test("a window may be absent from Llama's files, not from Mistral's", () => {
  expect(llamaConfigFromHuggingFace({ ...json, model_type: "mistral", sliding_window: null }).slidingWindow).toBeNull();
  expect(() => llamaConfigFromHuggingFace({ ...json, model_type: "mistral" })).toThrow("missing: sliding_window");
});

test("all that is wrong is in one error, by the file's names", () => {
  const { vocab_size: _vocabSize, ...rest } = json;
  const wrong = { ...rest, model_type: "gpt2", hidden_act: "gelu", hidden_size: undefined };
  expect(() => llamaConfigFromHuggingFace(wrong)).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: Llama config: model_type = "gpt2" is not supported, only "llama" or "mistral"; hidden_act = "gelu" is not supported, only "silu"; missing: vocab_size, hidden_size]`,
  );
  const outside = { ...json, vocab_size: 0, rms_norm_eps: "1", attention_dropout: 1 };
  expect(() => llamaConfigFromHuggingFace(outside)).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: Llama config: vocab_size must be a whole number ≥ 1, not 0; rms_norm_eps must be a finite number > 0, not "1"; attention_dropout must be a number in [0, 1), not 1]`,
  );
  const misfit = { ...json, num_key_value_heads: 3, head_dim: 7 };
  expect(() => llamaConfigFromHuggingFace(misfit)).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: Llama config: num_key_value_heads = 3 must divide num_attention_heads = 8; head_dim = 7 must be even: pairs are rotated]`,
  );
  for (const no of [null, 1, "{}", []]) expect(() => llamaConfigFromHuggingFace(no)).toThrow(ArgumentError);
});

test("changed configs give a config that fits, or an ArgumentError", () => {
  const value = fc.oneof(
    fc.constantFrom(0, -1, 2, 0.5, 2 ** 53, "64", null, true, [], {}, { valueOf: 1, toString: 1 }),
    fc.jsonValue(),
  );
  const change = fc.record({ key: fc.constantFrom(...Object.keys(llamaConfigToHuggingFace(config))), value });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const changed = { ...json, ...Object.fromEntries(changes.map(({ key, value }) => [key, value])) };
      try {
        checkLlamaConfig(llamaConfigFromHuggingFace(changed));
      } catch (error) {
        expect(error).toBeInstanceOf(ArgumentError);
        expect((error as Error).message).toMatch(/^Llama config: /);
      }
    }),
    { numRuns: 1000 },
  );
});
