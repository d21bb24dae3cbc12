import { ArgumentError, concat, type Generator, type Tensor } from "@tsuki/core";
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

/** The two parts of a query, [B, H, T, Q − P] and [B, H, T, P]. */
interface Query {
  readonly plain: Tensor;
  readonly rotated: Tensor;
}

/** What is kept of a token: the normed latent [B, T, C], and the rotated part of its keys [B, T, P]. */
interface Compressed {
  readonly latent: Tensor;
  readonly sharedKey: Tensor;
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

  /**
   * Without a cache, and in the first call with one, keys and values are made of the latents. Later calls take them into
   * queries and outputs instead (the absorbed form): per head, W_k of the query and W_v of what was attended, so that
   * attention runs over the C + P numbers that the cache holds for a token.
   *
   * @param x [B, T, D] → [B, T, D]
   * @param observe Called where keys and values are made.
   */
  forward(x: Tensor, context: AttentionContext = {}, observe?: (projections: Projections) => void): Tensor {
    const { mask, positions, documents, cache } = context;
    if (cache && documents) {
      throw new ArgumentError("MultiHeadLatentAttention: a cache holds one document a row; leave documents out");
    }
    const length = x.shape[1];
    const query = this.#query(x, positions);
    const compressed = this.#compress(x, positions);
    const held = cache?.update(this, "latents", concat([compressed.latent, compressed.sharedKey], -1));
    if (cache && held && held.shape[1] > length) return this.#output(this.#absorbed(query, held, cache.visible()));
    const { queries, keys, values } = this.#project(query, compressed);
    observe?.({ queries, keys, values });
    const seen = cache ? { mask: cache.visible() } : { causal: true, mask, documents };
    return this.#output(scaledDotProductAttention(queries, keys, values, { ...seen, scale: this.#scale }));
  }

  get #scale(): number {
    const { qkNopeHeadDim, qkRopeHeadDim } = this.#config;
    return 1 / Math.sqrt(qkNopeHeadDim + qkRopeHeadDim);
  }

  #query(x: Tensor, positions?: Tensor): Query {
    const { qkNopeHeadDim, qkRopeHeadDim } = this.#config;
    const [plain, toRotate] = this.#byHead(this.qProj.call(x)).split([qkNopeHeadDim, qkRopeHeadDim], -1);
    return { plain, rotated: this.#rotary.call(toRotate, positions) };
  }

  #compress(x: Tensor, positions?: Tensor): Compressed {
    const { kvLoraRank, qkRopeHeadDim } = this.#config;
    const [latent, sharedKey] = this.kvAProjWithMqa.call(x).split([kvLoraRank, qkRopeHeadDim], -1);
    const rotated = this.#rotary.call(sharedKey.unsqueeze(1), positions).squeeze(1);
    return { latent: this.kvALayernorm.call(latent), sharedKey: rotated };
  }

  #project({ plain, rotated }: Query, { latent, sharedKey }: Compressed): Projections {
    const { qkNopeHeadDim, vHeadDim } = this.#config;
    const [plainKeys, values] = this.#byHead(this.kvBProj.call(latent)).split([qkNopeHeadDim, vHeadDim], -1);
    return {
      queries: concat([plain, rotated], -1),
      keys: concat([plainKeys, sharedKey.unsqueeze(1).expand(rotated.shape)], -1),
      values,
    };
  }

  /** @param held Latents and shared keys, [B, S, C + P]. */
  #absorbed({ plain, rotated }: Query, held: Tensor, visible: Tensor): Tensor {
    const { numAttentionHeads: heads, kvLoraRank, qkNopeHeadDim, vHeadDim } = this.#config;
    const weight = this.kvBProj.effectiveWeight().reshape([heads, qkNopeHeadDim + vHeadDim, kvLoraRank]);
    const [keyWeight, valueWeight] = weight.split([qkNopeHeadDim, vHeadDim], 1);
    const queries = concat([plain.matmul(keyWeight), rotated], -1);
    const keys = held.unsqueeze(1);
    const attended = scaledDotProductAttention(queries, keys, keys.slice(-1, 0, kvLoraRank), {
      mask: visible,
      scale: this.#scale,
    });
    return attended.matmul(valueWeight.transpose());
  }

  /** [B, H, T, V] → [B, T, D] */
  #output(attended: Tensor): Tensor {
    const [batch, heads, length, width] = attended.shape;
    return this.oProj.call(attended.permute([0, 2, 1, 3]).reshape([batch, length, heads * width]));
  }

  /** [B, T, H·n] → [B, H, T, n] */
  #byHead(x: Tensor): Tensor {
    const [batch, length, width] = x.shape;
    const heads = this.#config.numAttentionHeads;
    return x.reshape([batch, length, heads, width / heads]).permute([0, 2, 1, 3]);
  }
}
