import { checkOptions, type Generator, ShapeError, type Tensor } from "@tsuki/core";
import { Embedding, init, type LanguageModelContext, Linear, Module, RMSNorm, RotaryEmbedding } from "@tsuki/nn";
import { type DecoderContext, DecoderLayer } from "./block.ts";
import { checkConfig, type MoonlightConfig } from "./config.ts";
import { MoE } from "./moe.ts";
import type { Router } from "./router.ts";

// B batch, T sequence, D hidden, V vocabulary

/** What the model knows besides its tokens. */
export interface MoonlightContext extends DecoderContext, LanguageModelContext {}

const contextNames = ["mask", "positions", "documents", "cache", "logitsAt", "observe"];

/** Embedding, decoder layers and final norm: ids [B, T] → hidden states [B, T, D]. */
export class MoonlightModel extends Module<[ids: Tensor, context?: DecoderContext], Tensor> {
  /** [V, D] */
  readonly embedTokens: Embedding;
  readonly layers: readonly DecoderLayer[];
  readonly norm: RMSNorm;
  /** One table of angles for all layers. */
  readonly rotaryEmb: RotaryEmbedding;

  constructor(config: MoonlightConfig, generator?: Generator) {
    super();
    const { vocabSize, hiddenSize, numHiddenLayers, qkRopeHeadDim, ropeTheta, maxPositionEmbeddings } = config;
    this.embedTokens = new Embedding({
      numEmbeddings: vocabSize,
      embeddingDim: hiddenSize,
      init: init.normal({ std: config.initializerRange }),
      generator,
    });
    const rotary = new RotaryEmbedding({ dim: qkRopeHeadDim, theta: ropeTheta, maxPositions: maxPositionEmbeddings });
    this.layers = Array.from(
      { length: numHiddenLayers },
      (_, index) => new DecoderLayer(config, index, rotary, generator),
    );
    this.norm = new RMSNorm({ size: hiddenSize, eps: config.rmsNormEps });
    this.rotaryEmb = rotary;
  }

  forward(ids: Tensor, context: DecoderContext = {}): Tensor {
    let hidden = this.embedTokens.call(ids);
    if (ids.rank !== 2) throw new ShapeError(`Moonlight: ids [batch, sequence] are needed, not [${ids.shape}]`);
    context.observe?.({ kind: "hidden", place: "embedding", value: hidden });
    for (const layer of this.layers) {
      hidden = layer.call(hidden, context);
      context.observe?.({ kind: "hidden", place: layer.index, value: hidden });
    }
    hidden = this.norm.call(hidden);
    context.observe?.({ kind: "hidden", place: "norm", value: hidden });
    return hidden;
  }
}

/**
 * The Moonlight language model (arXiv 2502.16982; the DeepSeek-V3 architecture): ids [B, T] → logits [B, T, V]. Its
 * parameters have the names of the published checkpoints.
 *
 *     const model = new Moonlight(configFromHuggingFace(json));
 *     model.loadStateDict((await loadSafetensors("model.safetensors")).tensors);
 *     const logits = model.call(ids);
 */
export class Moonlight extends Module<[ids: Tensor, context?: MoonlightContext], Tensor> {
  readonly config: MoonlightConfig;
  readonly model: MoonlightModel;
  /** [V, D] */
  readonly lmHead: Linear;

  /**
   * Initial weights are N(0, initializerRange), gains 1, router biases 0.
   *
   * @throws ArgumentError that names every field of the config that does not fit.
   */
  constructor(config: MoonlightConfig, generator?: Generator) {
    super();
    checkConfig(config);
    this.config = config;
    this.model = new MoonlightModel(config, generator);
    this.lmHead = new Linear({
      inFeatures: config.hiddenSize,
      outFeatures: config.vocabSize,
      init: init.normal({ std: config.initializerRange }),
      generator,
    });
  }

  /**
   * @param ids int32 [B, T]
   * @param context.mask bool [B, T], false for padding; rows without padding are as if they were alone. Logits at
   *   padding are finite and mean nothing.
   * @param context.positions int32 [B, T]; default 0 … T − 1. The causal order is that of the row, whatever they are.
   * @param context.cache What is kept of earlier tokens: C + P numbers for each token and layer.
   * @param context.logitsAt The place of the only token whose logits are wanted: [B, 1, V].
   */
  forward(ids: Tensor, context: MoonlightContext = {}): Tensor {
    checkOptions("Moonlight", context, ...contextNames);
    const { logitsAt } = context;
    const hidden = this.model.call(ids, context);
    return this.lmHead.call(logitsAt === undefined ? hidden : hidden.narrow(1, logitsAt, 1));
  }

  /** The routers, by the number of their layer. */
  routers(): Map<number, Router> {
    const mixtures = this.model.layers.flatMap(({ index, mlp }) =>
      mlp instanceof MoE ? [[index, mlp.gate] as const] : [],
    );
    return new Map(mixtures);
  }

  /** `Router.updateBias` of every layer. */
  updateBias(rate: number): void {
    for (const router of this.routers().values()) router.updateBias(rate);
  }
}
