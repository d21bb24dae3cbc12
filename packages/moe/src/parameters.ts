import { isMoELayer, type MoonlightConfig } from "./config.ts";

/** One tensor of a checkpoint. */
export interface ParameterShape {
  /** As in Hugging Face's files: `model.layers.1.mlp.experts.0.gate_proj.weight`. */
  readonly name: string;
  /** Matrices are [out, in]. */
  readonly shape: readonly number[];
  /** What takes it in Moonlight's recipe: matrices Muon; embedding, head and gains AdamW; router biases no gradient. */
  readonly optimizer: "muon" | "adamw" | "none";
  /** The share of tokens that use it: k/E for a routed expert, else 1. */
  readonly share: number;
}

/** The tensors of a checkpoint, in the order of the model; nothing is allocated. */
export function* parameterShapes(config: MoonlightConfig): Generator<ParameterShape> {
  const { vocabSize, hiddenSize, numHiddenLayers } = config;
  yield { name: "model.embed_tokens.weight", shape: [vocabSize, hiddenSize], optimizer: "adamw", share: 1 };
  for (let index = 0; index < numHiddenLayers; index++) {
    const layer = `model.layers.${index}`;
    yield gain(`${layer}.input_layernorm`, hiddenSize);
    yield* attention(`${layer}.self_attn`, config);
    yield gain(`${layer}.post_attention_layernorm`, hiddenSize);
    if (isMoELayer(config, index)) yield* mixture(`${layer}.mlp`, config);
    else yield* swiGLU(`${layer}.mlp`, hiddenSize, config.intermediateSize);
  }
  yield gain("model.norm", hiddenSize);
  yield { name: "lm_head.weight", shape: [vocabSize, hiddenSize], optimizer: "adamw", share: 1 };
}

function* attention(path: string, config: MoonlightConfig): Generator<ParameterShape> {
  const { hiddenSize, numAttentionHeads: heads, kvLoraRank, qkNopeHeadDim, qkRopeHeadDim, vHeadDim } = config;
  yield matrix(`${path}.q_proj`, heads * (qkNopeHeadDim + qkRopeHeadDim), hiddenSize);
  yield matrix(`${path}.kv_a_proj_with_mqa`, kvLoraRank + qkRopeHeadDim, hiddenSize);
  yield gain(`${path}.kv_a_layernorm`, kvLoraRank);
  yield matrix(`${path}.kv_b_proj`, heads * (qkNopeHeadDim + vHeadDim), kvLoraRank);
  yield matrix(`${path}.o_proj`, hiddenSize, heads * vHeadDim);
}

function* mixture(path: string, config: MoonlightConfig): Generator<ParameterShape> {
  const { hiddenSize, moeIntermediateSize, numRoutedExperts, numSharedExperts, numExpertsPerToken } = config;
  yield matrix(`${path}.gate`, numRoutedExperts, hiddenSize);
  yield { name: `${path}.gate.e_score_correction_bias`, shape: [numRoutedExperts], optimizer: "none", share: 1 };
  for (let expert = 0; expert < numRoutedExperts; expert++) {
    yield* swiGLU(`${path}.experts.${expert}`, hiddenSize, moeIntermediateSize, numExpertsPerToken / numRoutedExperts);
  }
  if (numSharedExperts > 0) yield* swiGLU(`${path}.shared_experts`, hiddenSize, numSharedExperts * moeIntermediateSize);
}

function* swiGLU(path: string, hidden: number, intermediate: number, share = 1): Generator<ParameterShape> {
  yield matrix(`${path}.gate_proj`, intermediate, hidden, share);
  yield matrix(`${path}.up_proj`, intermediate, hidden, share);
  yield matrix(`${path}.down_proj`, hidden, intermediate, share);
}

function matrix(path: string, out: number, into: number, share = 1): ParameterShape {
  return { name: `${path}.weight`, shape: [out, into], optimizer: "muon", share };
}

function gain(path: string, width: number): ParameterShape {
  return { name: `${path}.weight`, shape: [width], optimizer: "adamw", share: 1 };
}

/** How many numbers a model has. */
export interface ParameterCounts {
  /** All that is trained by gradients. */
  readonly total: number;
  /** `total` without embedding and head. */
  readonly nonEmbedding: number;
  /** Of `nonEmbedding`, what one token uses: k of E experts. */
  readonly activated: number;
  /** Embedding; the head has as many. */
  readonly embedding: number;
  /** Biases of the routers: no gradient reaches them, and no other count holds them. */
  readonly routerBiases: number;
  readonly muon: number;
  /** Matrices that Muon orthogonalises; each expert counts by itself. */
  readonly muonMatrices: number;
  readonly adamW: number;
}

/** Parameter counts of a model, from its config alone. */
export function countParameters(config: MoonlightConfig): ParameterCounts {
  const shapes = [...parameterShapes(config)].map((parameter) => ({ ...parameter, size: sizeOf(parameter) }));
  const of = (optimizer: ParameterShape["optimizer"]): typeof shapes => shapes.filter((p) => p.optimizer === optimizer);
  const [muon, adamW] = [sum(of("muon").map((p) => p.size)), sum(of("adamw").map((p) => p.size))];
  const embedding = config.vocabSize * config.hiddenSize;
  const trained = shapes.filter((p) => p.optimizer !== "none");
  return {
    total: muon + adamW,
    nonEmbedding: muon + adamW - 2 * embedding,
    activated: Math.round(sum(trained.map((p) => p.size * p.share))) - 2 * embedding,
    embedding,
    routerBiases: sum(of("none").map((p) => p.size)),
    muon,
    muonMatrices: of("muon").length,
    adamW,
  };
}

/**
 * Floating-point operations for one token of a training step over sequences of a given length: forward and, at twice its
 * cost, backward. Counted are matrix products (2 for each multiply-add): every matrix that the token uses, the head among
 * them, and causal attention over (length + 1)/2 keys on average.
 */
export function trainingFlopsPerToken(config: MoonlightConfig, sequenceLength: number): number {
  const { numHiddenLayers, numAttentionHeads, qkNopeHeadDim, qkRopeHeadDim, vHeadDim, vocabSize, hiddenSize } = config;
  const used = [...parameterShapes(config)].filter((p) => p.optimizer === "muon").map((p) => sizeOf(p) * p.share);
  const weights = sum(used) + vocabSize * hiddenSize;
  const perKey = numHiddenLayers * numAttentionHeads * (qkNopeHeadDim + qkRopeHeadDim + vHeadDim);
  return 3 * 2 * (weights + (perKey * (sequenceLength + 1)) / 2);
}

function sizeOf({ shape }: ParameterShape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
