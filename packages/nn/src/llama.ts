import { checkOptions, type Generator, ShapeError, type Tensor } from "@tsuki/core";
import { type AttentionContext, contextNames } from "./attention.ts";
import { checkTensor } from "./checks.ts";
import { documentPositions } from "./documents.ts";
import { Embedding } from "./embedding.ts";
import { normal } from "./init.ts";
import type { LanguageModelContext } from "./language-model.ts";
import { Linear } from "./linear.ts";
import { checkLlamaConfig, type LlamaConfig } from "./llama-config.ts";
import { Module } from "./module.ts";
import { MultiHeadAttention } from "./multi-head-attention.ts";
import { RMSNorm } from "./normalization.ts";
import { RotaryEmbedding } from "./rotary.ts";
import { SwiGLU } from "./swiglu.ts";

// B batch, T sequence, D hidden, V vocabulary

/** A pre-norm layer: h ← h + attention(norm(h)), then h ← h + mlp(norm(h)). */
export class LlamaDecoderLayer extends Module<[hidden: Tensor, context?: AttentionContext], Tensor> {
  readonly inputLayernorm: RMSNorm;
  readonly selfAttn: MultiHeadAttention;
  readonly postAttentionLayernorm: RMSNorm;
  readonly mlp: SwiGLU;

  /** @param rotary Over a head; one for all layers. */
  constructor(config: LlamaConfig, rotary: RotaryEmbedding, generator?: Generator) {
    super();
    const { hiddenSize, rmsNormEps } = config;
    const init = normal({ std: config.initializerRange });
    this.inputLayernorm = new RMSNorm({ size: hiddenSize, eps: rmsNormEps });
    this.selfAttn = new MultiHeadAttention({
      hiddenSize,
      numHeads: config.numAttentionHeads,
      numKeyValueHeads: config.numKeyValueHeads,
      headDim: config.headDim,
      causal: true,
      window: config.slidingWindow ?? undefined,
      bias: config.attentionBias,
      dropout: config.attentionDropout,
      rotary,
      init,
      generator,
    });
    this.postAttentionLayernorm = new RMSNorm({ size: hiddenSize, eps: rmsNormEps });
    const { intermediateSize, mlpBias: bias } = config;
    this.mlp = new SwiGLU({ hiddenSize, intermediateSize, bias, init, generator });
  }

  /** @param hidden [B, T, D] → [B, T, D] */
  forward(hidden: Tensor, context: AttentionContext = {}): Tensor {
    const between = hidden.add(this.selfAttn.call(this.inputLayernorm.call(hidden), context));
    return between.add(this.mlp.call(this.postAttentionLayernorm.call(between)));
  }
}

/** Embedding, decoder layers and final norm: ids [B, T] → hidden states [B, T, D]. */
export class LlamaModel extends Module<[ids: Tensor, context?: AttentionContext], Tensor> {
  /** [V, D] */
  readonly embedTokens: Embedding;
  readonly layers: readonly LlamaDecoderLayer[];
  readonly norm: RMSNorm;
  /** One table of angles for all layers. */
  readonly rotaryEmb: RotaryEmbedding;

  constructor(config: LlamaConfig, generator?: Generator) {
    super();
    const { vocabSize, hiddenSize, numHiddenLayers, headDim, ropeTheta, maxPositionEmbeddings } = config;
    const init = normal({ std: config.initializerRange });
    this.embedTokens = new Embedding({ numEmbeddings: vocabSize, embeddingDim: hiddenSize, init, generator });
    const rotary = new RotaryEmbedding({
      dim: headDim,
      theta: ropeTheta,
      maxPositions: maxPositionEmbeddings,
      pairs: "halves",
    });
    this.layers = Array.from({ length: numHiddenLayers }, () => new LlamaDecoderLayer(config, rotary, generator));
    this.norm = new RMSNorm({ size: hiddenSize, eps: config.rmsNormEps });
    this.rotaryEmb = rotary;
  }

  forward(ids: Tensor, context: AttentionContext = {}): Tensor {
    checkTensor("Llama", ids);
    if (ids.rank !== 2) throw new ShapeError(`Llama: ids [batch, sequence] are needed, not [${ids.shape}]`);
    const { documents } = context;
    const positions = context.positions ?? (documents && documentPositions(documents));
    const hidden = this.layers.reduce(
      (x, layer) => layer.call(x, { ...context, positions }),
      this.embedTokens.call(ids),
    );
    return this.norm.call(hidden);
  }
}

/**
 * A dense decoder-only language model (Touvron et al., "Llama 2"): ids [B, T] → logits [B, T, V]. RMSNorm before each part,
 * rotary positions, grouped-query attention, SwiGLU. Its parameters have the names of Hugging Face's checkpoints.
 *
 *     const model = new Llama(llamaConfigFromHuggingFace(json));
 *     model.loadStateDict((await loadSafetensors("model.safetensors")).tensors);
 *     const logits = model.call(ids);
 *
 * Where head and embedding are tied they are one variable: it is saved once, as `model.embed_tokens.weight`, and loaded
 * under either name.
 */
export class Llama extends Module<[ids: Tensor, context?: LanguageModelContext], Tensor> {
  readonly config: LlamaConfig;
  readonly model: LlamaModel;
  /** [V, D] */
  readonly lmHead: Linear;

  /**
   * Initial weights are N(0, initializerRange), gains 1, biases 0.
   *
   * @throws ArgumentError that names every field of the config that does not fit.
   */
  constructor(config: LlamaConfig, generator?: Generator) {
    super();
    checkLlamaConfig(config);
    this.config = config;
    this.model = new LlamaModel(config, generator);
    this.lmHead = new Linear({
      inFeatures: config.hiddenSize,
      outFeatures: config.vocabSize,
      init: normal({ std: config.initializerRange }),
      generator,
      weight: config.tieWordEmbeddings ? this.model.embedTokens.weight : undefined,
    });
  }

  /**
   * @param ids int32 [B, T]
   * @param context.mask bool [B, T], false for padding; rows without padding are as if they were alone.
   * @param context.positions int32 [B, T]; default 0 … T − 1, of packed documents the place in each.
   * @param context.documents int32 [B, T]: tokens see those of their own document.
   * @param context.cache Keys and values of earlier tokens.
   * @param context.logitsAt The place of the only token whose logits are wanted: [B, 1, V].
   */
  forward(ids: Tensor, context: LanguageModelContext = {}): Tensor {
    checkOptions("Llama", context, ...contextNames, "logitsAt");
    const { logitsAt } = context;
    const hidden = this.model.call(ids, context);
    return this.lmHead.call(logitsAt === undefined ? hidden : hidden.narrow(1, logitsAt, 1));
  }
}
