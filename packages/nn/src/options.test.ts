import { ArgumentError, Generator, ones, parameter, tensor } from "@tsuki/core";
import { expect, test } from "vitest";
import { scaledDotProductAttention } from "./attention.ts";
import { KVCache } from "./cache.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { Dropout, dropout } from "./dropout.ts";
import { Embedding } from "./embedding.ts";
import { generate } from "./generate.ts";
import * as init from "./init.ts";
import { Linear } from "./linear.ts";
import { Llama } from "./llama.ts";
import { llamaConfigFromHuggingFace } from "./llama-config.ts";
import { applyLoRA, LoRALinear } from "./lora.ts";
import { MLP } from "./mlp.ts";
import { mseLoss } from "./mse-loss.ts";
import { MultiHeadAttention } from "./multi-head-attention.ts";
import { nllLoss } from "./nll-loss.ts";
import { LayerNorm, layerNorm, RMSNorm, rmsNorm } from "./normalization.ts";
import { buffer } from "./roles.ts";
import { RotaryEmbedding } from "./rotary.ts";
import { sampleTokens } from "./sample.ts";
import { castParameters } from "./storage.ts";
import { summary } from "./summary.ts";
import { SwiGLU } from "./swiglu.ts";
import { zLoss } from "./z-loss.ts";

const x = ones([2, 3]);
const ids = tensor([[0, 1]], { dtype: "int32" });
const classes = tensor([0, 1], { dtype: "int32" });
const heads = ones([1, 2, 4, 6]);
const sizes = { inFeatures: 3, outFeatures: 4 };
const linear = new Linear(sizes);
const llama = new Llama(
  llamaConfigFromHuggingFace({
    model_type: "llama",
    vocab_size: 4,
    hidden_size: 4,
    intermediate_size: 4,
    num_hidden_layers: 1,
    num_attention_heads: 1,
    max_position_embeddings: 8,
    rms_norm_eps: 1e-5,
  }),
);

/** Calls with options of plain JavaScript, which no compiler has seen. */
type Call = (options: never) => unknown;

const calls: Readonly<Record<string, readonly [given: object, call: Call]>> = {
  crossEntropy: [{ label_smoothing: 0.1 }, (o) => crossEntropy(x, classes, o)],
  nllLoss: [{ ignore_index: 0 }, (o) => nllLoss(x, classes, o)],
  mseLoss: [{ reduce: "sum" }, (o) => mseLoss(x, x, o)],
  zLoss: [{ masks: x }, (o) => zLoss(x, o)],
  scaledDotProductAttention: [{ isCausal: true }, (o) => scaledDotProductAttention(heads, heads, heads, o)],
  MultiHeadAttention: [{ hiddenSize: 4, numHeads: 2, isCausal: true }, (o) => new MultiHeadAttention(o)],
  Llama: [{ attnMask: x }, (o) => llama.call(ids, o)],
  generate: [{ maxNewTokens: 1, window: 4, top_p: 0.9 }, (o) => generate(llama, [1], o)],
  sampleTokens: [{ top_k: 1 }, (o) => sampleTokens(x, o)],
  KVCache: [{ capacity: 2, size: 1 }, (o) => new KVCache(o)],
  "KVCache.prefill": [{ pad: 1 }, (o) => new KVCache({ capacity: 2 }).prefill(2, o)],
  "KVCache.visible": [{ causal: true }, (o) => new KVCache({ capacity: 2 }).visible(o)],
  Linear: [{ ...sizes, biases: true }, (o) => new Linear(o)],
  LoRALinear: [{ rank: 1, loraAlpha: 2 }, (o) => new LoRALinear(linear, o)],
  applyLoRA: [{ rank: 1, targets: ["q_proj"], loraAlpha: 2 }, (o) => applyLoRA(llama, o)],
  Embedding: [{ numEmbeddings: 2, embeddingDim: 2, paddingIdx: 0 }, (o) => new Embedding(o)],
  MLP: [{ hiddenSize: 2, intermediateSize: 2, act: 0 }, (o) => new MLP(o)],
  SwiGLU: [{ hiddenSize: 2, intermediateSize: 2, biases: true }, (o) => new SwiGLU(o)],
  Dropout: [{ p: 0.1, inplace: true }, (o) => new Dropout(o)],
  RMSNorm: [{ size: 2, epsilon: 1 }, (o) => new RMSNorm(o)],
  LayerNorm: [{ size: 2, affine: false }, (o) => new LayerNorm(o)],
  rmsNorm: [{ bias: null }, (o) => rmsNorm(x, o)],
  layerNorm: [{ axis: 1 }, (o) => layerNorm(x, o)],
  RotaryEmbedding: [{ dim: 2, maxPositions: 2, base: 10 }, (o) => new RotaryEmbedding(o)],
  buffer: [{ persist: false }, (o) => buffer(x, o)],
  castParameters: [{ includes: /x/ }, (o) => castParameters(llama, "bfloat16", o)],
  loadStateDict: [{ strictly: false }, (o) => linear.loadStateDict({}, o)],
  summary: [{ levels: 1 }, (o) => summary(linear, o)],
  normal: [{ sigma: 1 }, (o) => init.normal(o)],
  uniform: [{ min: 1 }, (o) => init.uniform(o)],
  kaimingUniform: [{ gain: 1 }, (o) => init.kaimingUniform(o)],
};

test.each(Object.entries(calls))(
  "an unknown option of %s is an error that lists the known ones",
  (name, [given, call]) => {
    const unknown = Object.keys(given).at(-1);
    expect(() => call(given as never)).toThrow(ArgumentError);
    expect(() => call(given as never)).toThrow(`${name}: there is no option "${unknown}", only `);
  },
);

test("what is no options object is refused", () => {
  expect(() => new Linear(3 as never)).toThrow(
    /^Linear: options are \{ inFeatures, .* not 3; write \{ inFeatures: 3 \}/,
  );
  expect(() => new Linear(undefined as never)).toThrow("not undefined");
  expect(() => crossEntropy(x, classes, classes as never)).toThrow("crossEntropy: options are { labelSmoothing, ");
});

test("a layer takes the context of a language model, and no other one", () => {
  const attention = new MultiHeadAttention({ hiddenSize: 4, numHeads: 2 });
  const context: object = { logitsAt: 0, mask: undefined };
  expect(attention.call(ones([1, 2, 4]), context).shape).toEqual([1, 2, 4]);
  expect(() => attention.call(ones([1, 2, 4]), { ...context, isCausal: true } as object)).toThrow(
    'MultiHeadAttention: there is no option "isCausal", only mask, positions, documents, cache',
  );
});

test("what should be a tensor and is an array of numbers is named", () => {
  const wrong = [[1, 2]] as never;
  const modules: Readonly<Record<string, () => unknown>> = {
    Linear: () => linear.call(wrong),
    Embedding: () => new Embedding({ numEmbeddings: 4, embeddingDim: 2 }).call(wrong),
    Llama: () => llama.call(wrong),
    MultiHeadAttention: () => new MultiHeadAttention({ hiddenSize: 4, numHeads: 2 }).call(wrong),
    rmsNorm: () => new RMSNorm({ size: 2 }).call(wrong),
    layerNorm: () => new LayerNorm({ size: 2 }).call(wrong),
    RotaryEmbedding: () => new RotaryEmbedding({ dim: 2, maxPositions: 2 }).call(wrong),
    scaledDotProductAttention: () => scaledDotProductAttention(heads, heads, wrong),
    sampleTokens: () => sampleTokens(wrong),
  };
  for (const [name, call] of Object.entries(modules)) {
    const message = `${name}: a tensor is needed, not [[1,2]]; make it one with tensor()`;
    expect(call, name).toThrow(ArgumentError);
    expect(call, name).toThrow(message);
  }
  expect(linear.call(parameter(x) as never).shape).toEqual([2, 4]);
});

test("a seed is no generator", () => {
  const generator = 42 as never;
  const calls: Readonly<Record<string, () => unknown>> = {
    dropout: () => dropout(x, 0.5, generator),
    Dropout: () => new Dropout({ p: 0.5, generator }),
    uniform: () => new Linear({ ...sizes, generator }),
    normal: () => new Embedding({ numEmbeddings: 2, embeddingDim: 2, generator }),
    sampleTokens: () => sampleTokens(x, { generator }),
    generate: () => generate(llama, [1], { maxNewTokens: 1, window: 4, generator }),
  };
  for (const [name, call] of Object.entries(calls)) {
    expect(call, name).toThrow(new ArgumentError(`${name}: a generator is new Generator(seed), not 42`));
  }
  expect(new Dropout({ p: 0.5, generator: new Generator(1) }).p).toBe(0.5);
});
