import { arange, ones, parameter, tensor, variable, zeros } from "@tsuki/core";
import {
  applyLoRA,
  castParameters,
  crossEntropy,
  Dropout,
  documentIds,
  documentPositions,
  dropout,
  Embedding,
  generate,
  HostGenerator,
  KVCache,
  type LanguageModel,
  LayerNorm,
  Linear,
  Llama,
  type LlamaConfig,
  LoRALinear,
  layerNorm,
  llamaConfigFromHuggingFace,
  llamaConfigToHuggingFace,
  loadLoRAStateDict,
  loraStateDict,
  MLP,
  Module,
  MultiHeadAttention,
  mergeLoRA,
  mseLoss,
  nllLoss,
  quantizeLinear,
  RMSNorm,
  RotaryEmbedding,
  rmsNorm,
  SwiGLU,
  sampleTokens,
  scaledDotProductAttention,
  zLoss,
} from "@tsuki/nn";
import { type Cases, wrong } from "./collect.ts";

const x = ones([2, 3]);
const ids = tensor([0, 1], { dtype: "int32" });
const linear = (): Linear => new Linear({ inFeatures: 3, outFeatures: 4 });
const heads = ones([1, 2, 4, 6]);
const attend = scaledDotProductAttention;

export const layers: Cases = {
  "Linear(3 → 4) of ones([2, 4])": () => linear().call(ones([2, 4])),
  "a Linear within a model": () => {
    class Model extends Module<[], unknown> {
      readonly layers = [linear()];
      forward(): unknown {
        return this.layers[0].call(ones([2, 4]));
      }
    }
    class Outer extends Module<[], unknown> {
      readonly model = new Model();
      forward(): unknown {
        return this.model.call();
      }
    }
    return new Outer().call();
  },
  "Linear({ weight: of another shape })": () =>
    new Linear({ inFeatures: 3, outFeatures: 4, weight: parameter(ones([3, 4]), { name: "shared" }) }),
  "Linear({ inFeatures: 2.5 })": () => new Linear({ inFeatures: 2.5, outFeatures: 4 }),
  "Linear({ inFeatures: 3 })": () => new Linear(wrong({ inFeatures: 3 })),
  "Embedding({ numEmbeddings: -1 })": () => new Embedding({ numEmbeddings: -1, embeddingDim: 2 }),
  "Embedding of 4 tokens, of token 9": () =>
    new Embedding({ numEmbeddings: 4, embeddingDim: 2 }).call(tensor([9], { dtype: "int32" })),
  "Embedding of floats": () => new Embedding({ numEmbeddings: 4, embeddingDim: 2 }).call(x),
  "Dropout({ p: 1 })": () => new Dropout({ p: 1 }),
  "dropout(x, -0.1)": () => dropout(x, -0.1),
  "MLP({ dropout: 2 })": () => new MLP({ hiddenSize: 3, intermediateSize: 4, dropout: 2 }),
  "MLP({ hiddenSize: 0.5 })": () => new MLP({ hiddenSize: 0.5, intermediateSize: 4 }),
  "SwiGLU({ intermediateSize: 0 })": () => new SwiGLU({ hiddenSize: 3, intermediateSize: 0 }),
  "SwiGLU of ones([2, 4])": () => new SwiGLU({ hiddenSize: 3, intermediateSize: 4 }).call(ones([2, 4])),
  "RMSNorm({ size: 4 }) of ones([2, 3])": () => new RMSNorm({ size: 4 }).call(x),
  "LayerNorm({ size: [2, 4] }) of ones([2, 3])": () => new LayerNorm({ size: [2, 4] }).call(x),
  "RMSNorm({ size: -1 })": () => new RMSNorm({ size: -1 }),
  "layerNorm(x, { weight: ones([4]) })": () => layerNorm(x, { weight: ones([4]) }),
  "layerNorm(x, { axes: 0 })": () => layerNorm(x, { axes: 0 }),
  "layerNorm(x, { axes: 3 })": () => layerNorm(x, { axes: 3 }),
  "layerNorm(x, { eps: -1 })": () => layerNorm(x, { eps: -1 }),
  "rmsNorm(x, { weight: ones([2]) })": () => rmsNorm(x, { weight: ones([2]) }),
  "RotaryEmbedding({ dim: 3 })": () => new RotaryEmbedding({ dim: 3, maxPositions: 8 }),
  "RotaryEmbedding({ maxPositions: 0.5 })": () => new RotaryEmbedding({ dim: 4, maxPositions: 0.5 }),
  "RotaryEmbedding({ theta: 0 })": () => new RotaryEmbedding({ dim: 4, maxPositions: 8, theta: 0 }),
  'RotaryEmbedding({ pairs: "near" })': () => new RotaryEmbedding({ dim: 4, maxPositions: 8, pairs: wrong("near") }),
  "RotaryEmbedding of dim 4, of ones([2, 3])": () => new RotaryEmbedding({ dim: 4, maxPositions: 8 }).call(x),
  "RotaryEmbedding for 8 positions, of 9": () => new RotaryEmbedding({ dim: 4, maxPositions: 8 }).call(ones([9, 4])),
  "RotaryEmbedding with positions [3] for T = 2": () =>
    new RotaryEmbedding({ dim: 4, maxPositions: 8 }).call(ones([1, 2, 4]), arange(3)),
  "HostGenerator(-1)": () => new HostGenerator(-1),
  "loadStateDict of a record that does not fit": () =>
    new Linear({ inFeatures: 3, outFeatures: 4, bias: true }).loadStateDict({
      weight: { dtype: "float32", shape: [3, 4], data: new Float32Array(12) },
      scale: { dtype: "float32", shape: [], data: new Float32Array(1) },
    }),
};

export const attention: Cases = {
  "q, k, v of rank 3": () => attend(ones([2, 4, 6]), ones([2, 4, 6]), ones([2, 4, 6])),
  "keys of another head extent": () => attend(heads, ones([1, 2, 4, 5]), heads),
  "values for other keys": () => attend(heads, heads, ones([1, 2, 5, 6])),
  "3 heads that share 2": () => attend(ones([1, 3, 4, 6]), heads, heads),
  "another batch": () => attend(ones([2, 2, 4, 6]), ones([3, 2, 4, 6]), ones([3, 2, 4, 6])),
  "a window of 0": () => attend(heads, heads, heads, { window: 0 }),
  "a mask of floats": () => attend(heads, heads, heads, { mask: ones([4, 4]) }),
  "a mask of another shape": () => attend(heads, heads, heads, { mask: ones([4, 5]).gt(0) }),
  "documents of another length": () => attend(heads, heads, heads, { documents: zeros([1, 5], { dtype: "int32" }) }),
  "documents of floats": () => attend(heads, heads, heads, { documents: zeros([1, 4]) }),
  "dropout of 1": () => attend(heads, heads, heads, { dropout: 1 }),
  "a bias of another shape": () => attend(heads, heads, heads, { bias: ones([4, 5]) }),
  "MultiHeadAttention of 3 heads and width 8": () => new MultiHeadAttention({ hiddenSize: 8, numHeads: 3 }),
  "MultiHeadAttention with 3 of 4 heads for keys": () =>
    new MultiHeadAttention({ hiddenSize: 8, numHeads: 4, numKeyValueHeads: 3 }),
  "MultiHeadAttention with another rotary embedding": () =>
    new MultiHeadAttention({ hiddenSize: 8, numHeads: 2, rotary: new RotaryEmbedding({ dim: 2, maxPositions: 4 }) }),
  "MultiHeadAttention({ numHeads: 0 })": () => new MultiHeadAttention({ hiddenSize: 8, numHeads: 0 }),
  "MultiHeadAttention({ headDim: 2.5 })": () => new MultiHeadAttention({ hiddenSize: 8, numHeads: 2, headDim: 2.5 }),
  "MultiHeadAttention({ dropout: 1 })": () => new MultiHeadAttention({ hiddenSize: 8, numHeads: 2, dropout: 1 }),
  "MultiHeadAttention of ones([2, 8])": () => new MultiHeadAttention({ hiddenSize: 8, numHeads: 2 }).call(ones([2, 8])),
  "rotary cross-attention": () =>
    new MultiHeadAttention({
      hiddenSize: 8,
      numHeads: 2,
      rotary: new RotaryEmbedding({ dim: 4, maxPositions: 4 }),
    }).call(ones([1, 2, 8]), {}, ones([1, 3, 8])),
  "a cache without causal attention": () =>
    new MultiHeadAttention({ hiddenSize: 8, numHeads: 2 }).call(
      ones([1, 2, 8]),
      new KVCache({ capacity: 4 }).prefill(2),
    ),
  "a cache of packed documents": () =>
    new MultiHeadAttention({ hiddenSize: 8, numHeads: 2, causal: true }).call(ones([1, 2, 8]), {
      ...new KVCache({ capacity: 4 }).prefill(2),
      documents: zeros([1, 2], { dtype: "int32" }),
    }),
  "documentIds of floats": () => documentIds(ones([3]), 4),
  "documentIds of rank 3": () => documentIds(zeros([1, 1, 3], { dtype: "int32" }), 4),
  "documentPositions of floats": () => documentPositions(x),
};

export const losses: Cases = {
  "crossEntropy(x, floats of another shape)": () => crossEntropy(x, ones([2])),
  "crossEntropy(x [2,3], int32 [3])": () => crossEntropy(x, arange(3)),
  "crossEntropy(x, bool)": () => crossEntropy(x, ones([2]).gt(0)),
  "crossEntropy(x, ids, { axis: 2 })": () => crossEntropy(x, ids, { axis: 2 }),
  "crossEntropy(x, ids, { labelSmoothing: 2 })": () => crossEntropy(x, ids, { labelSmoothing: 2 }),
  'crossEntropy(x, ids, { reduction: "avg" })': () => crossEntropy(x, ids, { reduction: wrong("avg") }),
  "crossEntropy(x, ids, { weight: ones([2]) })": () => crossEntropy(x, ids, { weight: ones([2]) }),
  "crossEntropy with class 5 of 3": () => crossEntropy(x, tensor([0, 5], { dtype: "int32" })).item(),
  "nllLoss(x, floats)": () => nllLoss(x, ones([2])),
  "nllLoss(x [2,3], int32 [3])": () => nllLoss(x, arange(3)),
  'nllLoss(x, ids, { reduction: "avg" })': () => nllLoss(x, ids, { reduction: wrong("avg") }),
  "nllLoss(x, ids, { weight: ones([2]) })": () => nllLoss(x, ids, { weight: ones([2]) }),
  "mseLoss(x, ones([3]))": () => mseLoss(x, ones([3])),
  'mseLoss(x, x, { reduction: "avg" })': () => mseLoss(x, x, { reduction: wrong("avg") }),
  "zLoss(x, { mask: floats })": () => zLoss(x, { mask: ones([2]) }),
  "zLoss(x, { mask: bool [3] })": () => zLoss(x, { mask: ones([3]).gt(0) }),
};

const tiny: LlamaConfig = {
  vocabSize: 16,
  hiddenSize: 8,
  intermediateSize: 8,
  numHiddenLayers: 1,
  numAttentionHeads: 2,
  numKeyValueHeads: 1,
  headDim: 4,
  maxPositionEmbeddings: 32,
  ropeTheta: 10_000,
  rmsNormEps: 1e-5,
  initializerRange: 0.02,
  attentionBias: false,
  mlpBias: false,
  attentionDropout: 0,
  slidingWindow: null,
  tieWordEmbeddings: false,
};
const json = { ...llamaConfigToHuggingFace(tiny) };
const lora = (): LoRALinear => new LoRALinear(linear(), { rank: 2 });

class Pair extends Module<[], unknown> {
  readonly first = linear();
  readonly second = new Linear({ inFeatures: 3, outFeatures: 4, weight: this.first.weight });
  forward(): unknown {
    return null;
  }
}

export const models: Cases = {
  "Llama({ hiddenSize: 0 })": () => new Llama({ ...tiny, hiddenSize: 0 }),
  "Llama with several wrong fields": () =>
    new Llama({ ...tiny, ropeTheta: -1, tieWordEmbeddings: wrong("yes"), attentionDropout: 1, slidingWindow: 0 }),
  "Llama with 3 heads for 2": () => new Llama({ ...tiny, numKeyValueHeads: 3, headDim: 3 }),
  "Llama of ids [2]": () => new Llama(tiny).call(ids),
  "config.json that is a list": () => llamaConfigFromHuggingFace([]),
  "config.json without two keys": () =>
    llamaConfigFromHuggingFace({ ...json, vocab_size: undefined, rms_norm_eps: undefined }),
  "config.json of another architecture": () =>
    llamaConfigFromHuggingFace({ ...json, model_type: "gpt2", hidden_act: "gelu" }),
  "config.json with a value out of range": () => llamaConfigFromHuggingFace({ ...json, num_hidden_layers: "two" }),
  "LoRALinear({ rank: 0 })": () => new LoRALinear(linear(), { rank: 0 }),
  "LoRALinear({ rank: 1, alpha: NaN })": () => new LoRALinear(linear(), { rank: 1, alpha: Number.NaN }),
  'applyLoRA({ targets: ["q_proj"] })': () => applyLoRA(new Pair(), { rank: 1, targets: ["q_proj"] }),
  "applyLoRA({ targets: [] })": () => applyLoRA(new Pair(), { rank: 1, targets: [] }),
  "mergeLoRA of a shared weight": () => {
    const pair = new Pair();
    applyLoRA(pair, { rank: 1, targets: ["first"] });
    mergeLoRA(pair);
  },
  "mergeLoRA of a layer with int8 weights": () => {
    const layer = lora();
    layer.weight = variable(zeros([4, 3]).cast("int8"), { name: "codes" });
    mergeLoRA(layer);
  },
  "quantizeLinear(model, /third/)": () => quantizeLinear(new Pair(), /third/),
  "quantizeLinear of a shared weight": () => quantizeLinear(new Pair()),
  'castParameters(model, "int8")': () => castParameters(linear(), "int8"),
  "loadLoRAStateDict of a merged model": async () => {
    const layer = lora();
    const record = await loraStateDict(layer);
    mergeLoRA(layer);
    loadLoRAStateDict(layer, record);
  },
  "loadLoRAStateDict of another rank": async () => {
    const record = await loraStateDict(new LoRALinear(linear(), { rank: 1 }));
    loadLoRAStateDict(lora(), record);
  },
};

const options = { maxNewTokens: 4, window: 16 };
const withoutCache = Object.assign(new Llama(tiny), {
  forward: (tokens: typeof x) => ones([tokens.shape[0], tokens.shape[1], 16]),
});

async function drain(model: LanguageModel, prompt: readonly number[], more: object = {}): Promise<void> {
  for await (const _ of generate(model, prompt, { ...options, ...more }));
}

const cached = (): KVCache => new KVCache({ capacity: 4 });
const llama = new Llama(tiny);

export const generation: Cases = {
  "generate of an empty prompt": () => drain(llama, []),
  "generate({ maxNewTokens: -1 })": () => drain(llama, [1], { maxNewTokens: -1 }),
  "generate({ window: 0 })": () => drain(llama, [1], { window: 0 }),
  "generate({ temperature: -1 })": () => drain(llama, [1], { temperature: -1 }),
  "generate({ topK: 0 })": () => drain(llama, [1], { topK: 0 }),
  "generate({ topP: 0 })": () => drain(llama, [1], { topP: 0 }),
  "generate({ minP: 2 })": () => drain(llama, [1], { minP: 2 }),
  "generate({ repetitionPenalty: 0 })": () => drain(llama, [1], { repetitionPenalty: 0 }),
  "generate of token 99 of 16": () => drain(llama, [99]),
  "generate of token 1.5": () => drain(llama, [1.5]),
  "generate({ cacheDtype: int4 })": () => drain(llama, [1], { cacheDtype: "int4" }),
  "generate with a model that uses no cache": () => drain(withoutCache, [1]),
  "generate with weights that are NaN": () => {
    const model = new Llama(tiny);
    for (const weight of model.parameters()) weight.assign(Number.NaN);
    return drain(model, [1]);
  },
  "generate with a window beyond the model's positions": () => drain(llama, [1], { window: 64, maxNewTokens: 40 }),
  "sampleTokens of int32": () => sampleTokens(ids.unsqueeze(0)),
  "sampleTokens of [3]": () => sampleTokens(ones([3])),
  "sampleTokens of a penalty without seen": () => sampleTokens(x, { repetitionPenalty: 1.2 }),
  "sampleTokens with seen of floats": () => sampleTokens(x, { repetitionPenalty: 1.2, seen: x }),
  "sampleTokens({ topP: 2 })": () => sampleTokens(x, { topP: 2 }),
  "KVCache({ capacity: 0 })": () => new KVCache({ capacity: 0 }),
  "KVCache().extend() before prefill()": () => cached().extend(),
  "KVCache of 4, prefill(5)": () => cached().prefill(5),
  "KVCache().prefill(2, { kept: 3 })": () => cached().prefill(2, { kept: 3 }),
  "KVCache().visible({ window: 0 })": () => {
    const cache = cached();
    cache.prefill(2);
    cache.visible({ window: 0 });
  },
  "KVCache().update() outside of a call": () => cached().update({}, "keys", ones([1, 2, 4])),
  "KVCache().update() of other tokens": () => {
    const cache = cached();
    cache.prefill(2);
    cache.update({}, "keys", ones([1, 3, 4]));
  },
  "KVCache().update() twice in a call": () => {
    const [cache, layer] = [cached(), {}];
    cache.prefill(2);
    cache.update(layer, "keys", ones([1, 2, 4]));
    cache.update(layer, "keys", ones([1, 2, 4]));
  },
};
