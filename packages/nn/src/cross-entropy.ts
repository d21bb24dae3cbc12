import { ArgumentError, checkOptions, isFloat, ShapeError, scope, type Tensor, where } from "@tsuki/core";
import {
  type ClassTargetOptions,
  checkClasses,
  checkClassWeights,
  choose,
  classesLast,
  classTargetNames,
} from "./class-targets.ts";
import { checkReduction, type Reduction, reduce } from "./reduction.ts";

export interface CrossEntropyOptions extends ClassTargetOptions {
  /**
   * The share ε of the target that is spread evenly over all V classes (Szegedy et al., "Rethinking the Inception
   * architecture"), in [0, 1]; default: none is.
   */
  readonly labelSmoothing?: number;
  /**
   * `mean` divides by the summed weights of the targets that count (0 where none does), or by the number of distributions;
   * default `mean`.
   */
  readonly reduction?: Reduction;
}

/**
 * −Σ_c weight_c · p_c · log softmax(logits)_c, for logits [..., V] and targets of one of two kinds:
 *
 * - classes, int32 [...], each in [0, V) or `ignoreIndex`: p = 1 at the target. Ignored targets have loss 0, and no gradient
 *   passes through their logits.
 * - distributions p, float [..., V]; `ignoreIndex` means nothing there.
 *
 * With label smoothing p becomes (1 − ε)·p + ε/V.
 *
 * @throws ShapeError and DTypeError at the call for targets that do not fit; PlanError for a class out of range, when it runs.
 */
export function crossEntropy(logits: Tensor, targets: Tensor, options: CrossEntropyOptions = {}): Tensor {
  checkOptions("crossEntropy", options, "labelSmoothing", ...classTargetNames);
  const { labelSmoothing: smoothing, reduction = "mean", axis, weight } = options;
  checkReduction("crossEntropy", reduction);
  if (smoothing !== undefined && !(smoothing >= 0 && smoothing <= 1)) {
    throw new ArgumentError(`crossEntropy: 0 ≤ labelSmoothing ≤ 1 is needed, not ${smoothing}`);
  }
  const scores = classesLast("crossEntropy", logits, axis);
  checkClassWeights("crossEntropy", scores, weight);
  if (!isFloat(targets.dtype)) {
    checkClasses("crossEntropy", scores, targets);
    return scope("crossEntropy", () => ofClasses(scores, targets, options, reduction));
  }
  if (String(targets.shape) !== String(logits.shape)) {
    throw new ShapeError(
      `crossEntropy: distributions in the shape of the logits are needed, not [${targets.shape}] for [${logits.shape}]`,
    );
  }
  const distributions = classesLast("crossEntropy", targets, axis);
  return scope("crossEntropy", () => ofDistributions(scores, distributions, options, reduction));
}

function ofClasses(scores: Tensor, targets: Tensor, options: CrossEntropyOptions, reduction: Reduction): Tensor {
  const { labelSmoothing: smoothing, weight } = options;
  const { chosen, counted, weights } = choose(scores, targets, options);
  const total = scores.logsumexp({ axis: -1 });
  const sharp = weight ? total.sub(chosen).mul(weights) : total.sub(chosen);
  const losses = smoothing === undefined ? sharp : smoothed(sharp, scores, total, smoothing, weight);
  return reduce(where(counted, losses, 0), reduction, weights);
}

/** (1 − ε)·loss + ε/V · Σ_c −weight_c · log softmax(scores)_c */
function smoothed(
  loss: Tensor,
  scores: Tensor,
  total: Tensor,
  smoothing: number,
  weight: CrossEntropyOptions["weight"],
): Tensor {
  const surprise = total.unsqueeze(-1).sub(scores);
  const even = (weight ? surprise.mul(weight) : surprise).sum({ axis: -1 });
  return loss.mul(1 - smoothing).add(even.mul(smoothing / scores.shape[scores.rank - 1]));
}

function ofDistributions(scores: Tensor, targets: Tensor, options: CrossEntropyOptions, reduction: Reduction): Tensor {
  const { labelSmoothing: smoothing, weight } = options;
  const even = (smoothing ?? 0) / scores.shape[scores.rank - 1];
  const blurred = smoothing === undefined ? targets : targets.mul(1 - smoothing).add(even);
  const surprise = scores.logsumexp({ axis: -1, keepDim: true }).sub(scores);
  const terms = blurred.mul(weight ? surprise.mul(weight) : surprise);
  return reduce(terms.sum({ axis: -1 }), reduction);
}
