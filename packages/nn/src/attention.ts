import { attention, checkOptions, type Generator, ShapeError, type Tensor, where } from "@tsuki/core";
import type { AttentionCache } from "./cache.ts";
import { checkTensor } from "./checks.ts";
import { dropout as drop } from "./dropout.ts";
import { type VisibilityOptions, visibleKeys } from "./visibility.ts";

// B batch, H heads of the queries, G heads of keys and values, Tq queries, Tk keys, D extent of a head

/** The fields of `AttentionContext`. */
export const contextNames: readonly string[] = ["mask", "positions", "documents", "cache"];

/** What attention knows of the tokens of a batch besides the tokens. */
export interface AttentionContext {
  /**
   * Which keys may be attended: bool [batch, keys] (false: padding), or [batch or 1, heads or 1, queries, keys] for each
   * query. One [queries, keys] for all of the batch is `mask.reshape([1, 1, queries, keys])`.
   */
  readonly mask?: Tensor;
  /** Positions for rotary embedding: int32 [batch, T]; default 0 … T − 1. */
  readonly positions?: Tensor;
  /**
   * Which document each token is of, where several are packed into a row: int32 [batch or 1, T], such as `documentIds`
   * gives. Tokens see those of their own document.
   */
  readonly documents?: Tensor;
  /** Entries of earlier tokens: queries see all that it holds, and its mask takes the place of `mask`. */
  readonly cache?: AttentionCache;
}

export interface AttentionOptions extends VisibilityOptions {
  /** Factor of the dot products; default 1 / √D. */
  readonly scale?: number;
  /** Added to the scaled dot products, such as a bias by distance; broadcasts to [B, H, Tq, Tk]. */
  readonly bias?: Tensor;
  /** The probability with which a weight is dropped; default 0. */
  readonly dropout?: number;
  /** Decides what is dropped. */
  readonly generator?: Generator;
}

const optionNames = ["scale", "bias", "dropout", "generator", "causal", "window", "mask", "documents"];

/**
 * softmax(q·kᵀ · scale + bias)·v over the keys that are seen (Vaswani et al., "Attention is all you need"): q [B, H, Tq, D],
 * k [B, G, Tk, D], v [B, G, Tk, Dv] → [B, H, Tq, Dv]. Query heads h with equal ⌊h·G/H⌋ share a head of keys and values
 * (Ainslie et al., "GQA"); B broadcasts, and so do heads where H or G is 1.
 *
 * A query that sees no key at all (a padded row) gives zeros, and no gradient passes through it. Keys that are not seen
 * change no bit of the result, as long as they are finite.
 *
 * Where nothing but `causal` and `scale` is given, it is computed block by block and no weight is stored.
 */
export function scaledDotProductAttention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  for (const x of [q, k, v]) checkTensor("scaledDotProductAttention", x);
  checkOptions("scaledDotProductAttention", options, ...optionNames);
  checkShapes(q, k, v);
  if (isPlain(q, k, v, options)) return blockwise(q, k, v, options);
  const { scale = 1 / Math.sqrt(q.shape[3]), bias, dropout = 0, generator } = options;
  const products = byGroup(q, k.transpose()).mul(scale);
  if (bias) checkBias(bias, products.shape);
  const scores = bias ? products.add(bias) : products;
  const visible = visibleKeys(options, scores.shape);
  const weights = visible ? maskedSoftmax(scores, visible) : scores.softmax();
  return byGroup(dropout > 0 ? drop(weights, dropout, generator) : weights, v);
}

/** Whether core's op computes it: which keys are seen follows from `causal` alone, and the weights stay as they are. */
function isPlain(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): boolean {
  const { bias, dropout = 0, mask, documents, window } = options;
  const groups = k.shape[1];
  const heads = groups === v.shape[1] && q.shape[1] % groups === 0;
  const isWide = window === undefined || (Number.isInteger(window) && window >= Math.max(q.shape[2], k.shape[2]));
  return heads && isWide && !bias && !mask && !documents && !(dropout > 0);
}

/** In blocks: B is broadcast. */
function blockwise(q: Tensor, k: Tensor, v: Tensor, { causal, scale }: AttentionOptions): Tensor {
  const batch = [q, k, v].map(({ shape }) => shape[0]).find((extent) => extent !== 1) ?? 1;
  const [queries, keys, values] = [q, k, v].map((x) => x.expand([batch, ...x.shape.slice(1)]));
  return attention(queries, keys, values, { causal, ...(scale !== undefined && { scale }) }).output;
}

/** a·b for a [B, H, m, k] and b [B, G, k, n], where H / G heads of a share one of b: their rows are rows of one product. */
function byGroup(a: Tensor, b: Tensor): Tensor {
  const [batch, heads, rows, inner] = a.shape;
  const groups = b.shape[1];
  if (heads === groups || heads === 1) return a.matmul(b);
  const product = a.reshape([batch, groups, (heads / groups) * rows, inner]).matmul(b);
  return product.reshape([product.shape[0], heads, rows, b.shape[3]]);
}

/** Softmax over the visible entries of the last axis, 0 elsewhere; a row without any is 0. */
function maskedSoftmax(scores: Tensor, visible: Tensor): Tensor {
  const masked = where(visible, scores, Number.NEGATIVE_INFINITY);
  const top = masked.max({ axis: -1, keepDim: true }).detach();
  // Nothing is subtracted from a row of −∞: ∞ − ∞ is no number.
  const weights = masked.sub(where(top.isFinite(), top, 0)).exp();
  const total = weights.sum({ axis: -1, keepDim: true });
  return weights.div(where(total.gt(0), total, 1));
}

function checkBias({ shape }: Tensor, scores: readonly number[]): void {
  const meets = shape.every((extent, i) => {
    const other = scores[scores.length - shape.length + i] ?? 1;
    return extent === other || extent === 1 || other === 1;
  });
  if (meets) return;
  throw new ShapeError(`scaledDotProductAttention: a bias that broadcasts to [${scores}] is needed, not [${shape}]`);
}

function checkShapes(q: Tensor, k: Tensor, v: Tensor): void {
  const ranked = q.rank === 4 && k.rank === 4 && v.rank === 4;
  const [given, needed] = [
    `not [${q.shape}], [${k.shape}] and [${v.shape}]`,
    "scaledDotProductAttention: q [B, H, Tq, D], k [B, G, Tk, D] and v [B, G, Tk, Dv] are needed",
  ];
  const batches = new Set([q, k, v].map(({ shape }) => shape[0]).filter((extent) => extent !== 1));
  if (!ranked || batches.size > 1 || q.shape[3] !== k.shape[3] || k.shape[2] !== v.shape[2]) {
    throw new ShapeError(`${needed}, ${given}`);
  }
  const heads = q.shape[1];
  if (heads !== 1 && (heads % k.shape[1] !== 0 || heads % v.shape[1] !== 0)) {
    throw new ShapeError(`${needed} where G divides H, ${given}`);
  }
}
