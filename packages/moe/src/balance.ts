import { oneHot, ShapeError, type Tensor } from "@tsuki/core";

// B batch, T sequence, E routed experts, K experts per token

/**
 * The direction in which the bias of a router moves: sign(e) − mean sign(e), with the violation e = mean load − load, so
 * that the bias of an expert with too few tokens rises. Its sum is 0: the biases drift nowhere together
 * (Moonlight, arXiv 2502.16982, appendix C; DeepSeek-V3 has sign(e) alone).
 *
 * @param load Tokens per expert, as floats. [E]
 */
export function biasDirection(load: Tensor): Tensor {
  const sign = load.mean().sub(load).sign();
  return sign.sub(sign.mean());
}

/** How a load lies, in units of the mean load. */
export interface LoadStatistics {
  /** load / mean load; all 1 in perfect balance. [E] */
  readonly relativeLoad: Tensor;
  /** max load / mean load − 1 (MaxVio of "Auxiliary-Loss-Free Load Balancing", arXiv 2408.15664); 0 in perfect balance, as the next. */
  readonly maxViolation: Tensor;
  /** mean |load − mean load| / mean load */
  readonly meanViolation: Tensor;
}

/** @param load Tokens per expert, as floats. [E] */
export function loadStatistics(load: Tensor): LoadStatistics {
  const mean = load.mean();
  return {
    relativeLoad: load.div(mean),
    maxViolation: load.max().div(mean).sub(1),
    meanViolation: load.sub(mean).abs().mean().div(mean),
  };
}

/**
 * Sequence-wise auxiliary loss (DeepSeek-V3, arXiv 2412.19437, equations 17–20), without its coefficient:
 *
 *     L = Σᵢ fᵢ·Pᵢ     fᵢ = E/(K·T) · #{t : token t chose i}     Pᵢ = meanₜ( sₜᵢ / Σⱼ sₜⱼ )
 *
 * for each sequence, and the mean over the batch. 1 where choices or scores are in balance. Counts carry no gradient.
 *
 * @param scores [B, T, E]
 * @param indices int32 [B, T, K]
 */
export function sequenceAuxiliaryLoss(scores: Tensor, indices: Tensor): Tensor {
  const [batch, length, experts] = scores.shape;
  const choices = indices.shape[2];
  if (scores.rank !== 3 || indices.rank !== 3 || indices.shape[0] !== batch || indices.shape[1] !== length) {
    throw new ShapeError(
      `sequenceAuxiliaryLoss: scores [B, T, E] and indices [B, T, K] are needed, not [${scores.shape}] and [${indices.shape}]`,
    );
  }
  const counts = oneHot(indices, experts).sum({ axis: [1, 2] });
  const probability = scores.div(scores.sum({ axis: 2, keepDim: true })).mean({ axis: 1 });
  const sums = probability.mul(counts).sum({ axis: 1 });
  return sums.mean().mul(experts / (choices * length));
}
