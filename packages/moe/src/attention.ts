import { concat, type Generator, type Tensor } from "@tsuki/core";
import {
  type AttentionContext,
  init,
  Linear,
  Module,
  RMSNorm,
  type RotaryEmbedding,
  scaledDotProductAttention,
} from "@tsuki/nn";
import type { MoonlightConfig } from "./config.ts";

// B batch, T sequence, D hidden, H heads, C latent, P rotated part of a head, Q = plain part + P, V value

/** What attends to what, before the softmax: queries and keys [B, H, T, Q], values [B, H, T, V]. */
export interface Projections {
  readonly queries: Tensor;
  readonly keys: Tensor;
  readonly values: Tensor;
}

/**
 * The eps of `kv_a_layernorm`: the reference builds this norm without the config's `rms_norm_eps`, and so it keeps that
 * of the class.
 */
const latentEps = 1e-6;

/**
 * Multi-head latent attention (DeepSeek-V2) without query compression, causal. Keys and values are made from one latent of
 * width C per token; the rotated part of the key is shared by all heads:
 *
 *     q = W_q·x        c ‖ r = W_kva·x        kₕ ‖ vₕ = W_kvb·norm(c)
 *     scoreₕ = (q_plain · kₕ + rope(q_rot) · rope(r)) / √Q
 */
export class MultiHeadLatentAttention extends Module<
  [x: Tensor, context?: AttentionContext, observe?: (projections: Projections) => void],
  Tensor
> {
  /** [H·Q, D] */
  readonly qProj: Linear;
  /** [C + P, D] */
  readonly kvAProjWithMqa: Linear;
  readonly kvALayernorm: RMSNorm;
  /** [H·(Q − P + V), C] */
  readonly kvBProj: Linear;
  /** [D, H·V] */
  readonly oProj: Linear;
  readonly #rotary: RotaryEmbedding;
  readonly #config: MoonlightConfig;

  /** @param rotary Over the P rotated places of a head; one for all layers. */
  constructor(config: MoonlightConfig, rotary: RotaryEmbedding, generator?: Generator) {
    super();
    const {
      hiddenSize,
      numAttentionHeads: heads,
      kvLoraRank,
      qkNopeHeadDim,
      qkRopeHeadDim,
      vHeadDim,
      initializerRange,
    } = config;
    const linear = (inFeatures: number, outFeatures: number): Linear =>
      new Linear({ inFeatures, outFeatures, init: init.normal({ std: initializerRange }), generator });
    this.#config = config;
    this.#rotary = rotary;
    this.qProj = linear(hiddenSize, heads * (qkNopeHeadDim + qkRopeHeadDim));
    this.kvAProjWithMqa = linear(hiddenSize, kvLoraRank + qkRopeHeadDim);
    this.kvALayernorm = new RMSNorm({ size: kvLoraRank, eps: latentEps });
    this.kvBProj = linear(kvLoraRank, heads * (qkNopeHeadDim + vHeadDim));
    this.oProj = linear(heads * vHeadDim, hiddenSize);
  }

  /** @param x [B, T, D] → [B, T, D] */
  forward(x: Tensor, { mask, positions }: AttentionContext = {}, observe?: (projections: Projections) => void): Tensor {
    const { numAttentionHeads: heads, qkNopeHeadDim, qkRopeHeadDim, vHeadDim } = this.#config;
    const projections = this.#project(x, positions);
    observe?.(projections);
    const { queries, keys, values } = projections;
    const scale = 1 / Math.sqrt(qkNopeHeadDim + qkRopeHeadDim);
    const attended = scaledDotProductAttention(queries, keys, values, { causal: true, scale, mask });
    const [batch, length] = x.shape;
    return this.oProj.call(attended.permute([0, 2, 1, 3]).reshape([batch, length, heads * vHeadDim]));
  }

  #project(x: Tensor, positions?: Tensor): Projections {
    const { kvLoraRank, qkNopeHeadDim, qkRopeHeadDim, vHeadDim } = this.#config;
    const [plain, toRotate] = this.#byHead(this.qProj.call(x)).split([qkNopeHeadDim, qkRopeHeadDim], -1);
    const [latent, sharedKey] = this.kvAProjWithMqa.call(x).split([kvLoraRank, qkRopeHeadDim], -1);
    const expanded = this.#byHead(this.kvBProj.call(this.kvALayernorm.call(latent)));
    const [plainKeys, values] = expanded.split([qkNopeHeadDim, vHeadDim], -1);
    const rotated = this.#rotary.call(toRotate, positions);
    const rotatedKeys = this.#rotary.call(sharedKey.unsqueeze(1), positions).expand(rotated.shape);
    return {
      queries: concat([plain, rotated], -1),
      keys: concat([plainKeys, rotatedKeys], -1),
      values,
    };
  }

  /** [B, T, H·n] → [B, H, T, n] */
  #byHead(x: Tensor): Tensor {
    const [batch, length, width] = x.shape;
    const heads = this.#config.numAttentionHeads;
    return x.reshape([batch, length, heads, width / heads]).permute([0, 2, 1, 3]);
  }
}
