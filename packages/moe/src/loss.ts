import type { Tensor } from "@tsuki/core";
import { crossEntropy } from "@tsuki/nn";
import { sequenceAuxiliaryLoss } from "./balance.ts";
import type { DecoderContext } from "./block.ts";
import type { Moonlight } from "./model.ts";
import type { Routing } from "./routing.ts";

// B batch, T sequence

export interface LossOptions extends DecoderContext {
  /** int32 [B, T]: the token at each place, or −100 where its prediction does not count; default: the ids. */
  readonly labels?: Tensor;
  /**
   * Coefficient of the sequence-wise auxiliary loss, a run-time number; default: there is none. Moonlight was trained with
   * 1e-4; its config says `auxLossAlpha` 1e-3.
   */
  readonly auxiliaryCoefficient?: number;
}

export interface LanguageModelLoss {
  /** What is to be minimised: crossEntropy + coefficient · auxiliary. */
  readonly loss: Tensor;
  /** Mean −log p of the tokens that count, in nats. */
  readonly crossEntropy: Tensor;
  /** Σ over the mixture layers of the sequence-wise auxiliary loss, each 1 in balance; `null` where it is not asked for. */
  readonly auxiliary: Tensor | null;
}

/**
 * The loss of predicting each next token: the logits at place t against the label at place t + 1. Padding takes part in the
 * auxiliary loss, as it does in the routers' counts.
 */
export function languageModelLoss(model: Moonlight, ids: Tensor, options: LossOptions = {}): LanguageModelLoss {
  const { labels = ids, auxiliaryCoefficient, observe, ...context } = options;
  const routings: Routing[] = [];
  const logits = model.call(ids, {
    ...context,
    observe: (observation) => {
      if (observation.kind === "routing") routings.push(observation.routing);
      observe?.(observation);
    },
  });
  const loss = crossEntropy(logits.slice(1, 0, -1), labels.slice(1, 1));
  if (auxiliaryCoefficient === undefined || routings.length === 0) return { loss, crossEntropy: loss, auxiliary: null };
  const [batch, length] = ids.shape;
  const auxiliary = routings
    .map(({ scores, indices }) =>
      sequenceAuxiliaryLoss(scores.reshape([batch, length, -1]), indices.reshape([batch, length, -1])),
    )
    .reduce((sum, one) => sum.add(one));
  return { loss: loss.add(auxiliary.mul(auxiliaryCoefficient)), crossEntropy: loss, auxiliary };
}
