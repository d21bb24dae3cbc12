import { checkOptions, scope, type Tensor, where } from "@tsuki/core";
import {
  type ClassTargetOptions,
  checkClasses,
  checkClassWeights,
  choose,
  classesLast,
  classTargetNames,
} from "./class-targets.ts";
import { checkReduction, type Reduction, reduce } from "./reduction.ts";

export interface NllLossOptions extends ClassTargetOptions {
  /** `mean` divides by the summed weights of the targets that count (0 where none does); default `mean`. */
  readonly reduction?: Reduction;
}

/**
 * −weight[target] · logProbabilities[target]: [..., V] and targets int32 [...]. `nllLoss(x.logSoftmax(), y)` is
 * `crossEntropy(x, y)`, which holds no log-probabilities.
 */
export function nllLoss(logProbabilities: Tensor, targets: Tensor, options: NllLossOptions = {}): Tensor {
  checkOptions("nllLoss", options, ...classTargetNames);
  const { reduction = "mean", axis, weight } = options;
  checkReduction("nllLoss", reduction);
  const scores = classesLast("nllLoss", logProbabilities, axis);
  checkClassWeights("nllLoss", scores, weight);
  checkClasses("nllLoss", scores, targets);
  return scope("nllLoss", () => {
    const { chosen, counted, weights } = choose(scores, targets, options);
    const losses = weight ? chosen.mul(weights).neg() : chosen.neg();
    return reduce(where(counted, losses, 0), reduction, weights);
  });
}
