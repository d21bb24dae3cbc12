import { gather, oneHot, type Tensor, type TensorLike, topK, where } from "@tsuki/core";

// N tokens, E routed experts, K experts per token, G groups

/** Which experts each token goes to, and with which weight. */
export interface Routing {
  /** Affinity of every token to every expert, in (0, 1), without the bias. [N, E] */
  readonly scores: Tensor;
  /** The chosen experts, the best first; int32. [N, K] */
  readonly indices: Tensor;
  /** The weight of each chosen expert's output. [N, K] */
  readonly weights: Tensor;
}

export interface RoutingOptions {
  /** K. */
  readonly numExpertsPerToken: number;
  /** G; each group has E / G experts. Default 1. */
  readonly numGroups?: number;
  /** Groups that a token may choose from. Default 1. */
  readonly topKGroups?: number;
  /** Whether the weights of a token are divided by their sum, where K > 1. Default true. */
  readonly normTopKProb?: boolean;
  /** What normalised weights sum to. Default 1. */
  readonly routedScalingFactor?: number;
}

/** Keeps the normalisation finite where all scores vanish (the reference's constant). */
const tiny = 1e-20;

/**
 * Auxiliary-loss-free routing (DeepSeek-V3; Moonlight's gate): the K experts with the largest `score + bias`, weighted by
 * their scores alone:
 *
 *     wᵢ = factor · sᵢ / (Σ s + 1e-20)        over the chosen i
 *
 * The bias decides who is chosen and nothing else: no gradient reaches it. A single expert per token (K = 1) is not
 * normalised, as in the reference. Equal choices: the expert with the lowest number.
 *
 * @param scores [N, E], positive.
 * @param bias [E]
 */
export function route(scores: Tensor, bias: TensorLike, options: RoutingOptions): Routing {
  const { numExpertsPerToken, normTopKProb = true, routedScalingFactor = 1 } = options;
  const { indices } = topK(allowed(scores.detach().add(bias), options), numExpertsPerToken);
  const chosen = gather(scores, 1, indices);
  const normalised = normTopKProb && numExpertsPerToken > 1;
  const weights = normalised ? chosen.div(chosen.sum({ axis: 1, keepDim: true }).add(tiny)) : chosen;
  return { scores, indices, weights: weights.mul(routedScalingFactor) };
}

/**
 * Group-limited choice: a group is worth the sum of its two best experts, and outside of the best groups a choice counts as
 * 0, not −∞, as in the reference: a negative choice inside loses to it.
 */
function allowed(choice: Tensor, { numGroups = 1, topKGroups = 1 }: RoutingOptions): Tensor {
  if (topKGroups === numGroups) return choice;
  const [tokens, experts] = choice.shape;
  const grouped = choice.reshape([tokens, numGroups, experts / numGroups]);
  const worth = topK(grouped, 2).values.sum({ axis: 2 });
  const open = oneHot(topK(worth, topKGroups).indices, numGroups).any({ axis: 1 });
  return where(open.unsqueeze(2), grouped, 0).reshape([tokens, experts]);
}
