import { arange, DTypeError, ShapeError, type Tensor, where } from "@tsuki/core";

/** What attention knows of the tokens of a batch besides the tokens. */
export interface AttentionContext {
  /**
   * Which keys may be attended: bool [batch, keys] (false: padding), or [batch or 1, heads or 1, queries, keys] for each
   * query.
   */
  readonly mask?: Tensor;
  /** Positions for rotary embedding: int32 [batch, T]; default 0 … T − 1. */
  readonly positions?: Tensor;
}

export interface AttentionOptions {
  /** Whether a query sees only keys up to its own place; the last query is at the place of the last key. Default false. */
  readonly causal?: boolean;
  /** Factor of the dot products; default 1 / √Dk. */
  readonly scale?: number;
  /** As in `AttentionContext`. */
  readonly mask?: Tensor;
}

/**
 * softmax(q·kᵀ · scale)·v (Vaswani et al., "Attention is all you need"): q [B, H, Tq, Dk], k [B, H, Tk, Dk],
 * v [B, H, Tk, Dv] → [B, H, Tq, Dv]; B and H broadcast.
 *
 * A query that sees no key at all (a padded row) gives zeros, and no gradient passes through it. Keys that are not seen
 * change no bit of the result, as long as they are finite.
 */
export function scaledDotProductAttention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  checkShapes(q, k, v);
  const { causal = false, scale = 1 / Math.sqrt(q.shape[3]), mask } = options;
  const [queries, keys] = [q.shape[2], k.shape[2]];
  const scores = q.matmul(k.transpose()).mul(scale);
  const order = causal ? arange(keys).le(arange(keys - queries, keys).reshape([queries, 1])) : null;
  const seen = mask ? broadcastMask(mask, scores.shape) : null;
  const visible = order && seen ? order.logicalAnd(seen) : (order ?? seen);
  return (visible ? maskedSoftmax(scores, visible) : scores.softmax()).matmul(v);
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

/** A mask that broadcasts to [B, H, Tq, Tk]. */
function broadcastMask(mask: Tensor, shape: readonly number[]): Tensor {
  if (mask.dtype !== "bool") {
    throw new DTypeError(
      `scaledDotProductAttention: the mask is bool (true: seen), not ${mask.dtype}; cast("bool") it`,
    );
  }
  const [batch, , , keys] = shape;
  const whole = mask.rank === 2 ? mask.reshape([mask.shape[0], 1, 1, mask.shape[1]]) : mask;
  if (whole.rank !== 4 || whole.shape.some((extent, axis) => extent !== 1 && extent !== shape[axis])) {
    throw new ShapeError(
      `scaledDotProductAttention: a mask [${batch}, ${keys}] or one that broadcasts to [${shape}] is needed, not [${mask.shape}]`,
    );
  }
  return whole;
}

function checkShapes(q: Tensor, k: Tensor, v: Tensor): void {
  const ranked = q.rank === 4 && k.rank === 4 && v.rank === 4;
  if (!ranked || q.shape[3] !== k.shape[3] || k.shape[2] !== v.shape[2]) {
    throw new ShapeError(
      "scaledDotProductAttention: q [B, H, Tq, Dk], k [B, H, Tk, Dk] and v [B, H, Tk, Dv] are needed, " +
        `not [${q.shape}], [${k.shape}] and [${v.shape}]`,
    );
  }
}
