import { realize, stack, type Tensor, zeros } from "@tsuki/core";
import { languageModelLoss, type Moonlight } from "@tsuki/moe";
import { clipGradNorm, type Optimizer } from "@tsuki/optim";

export interface StepOptions {
  readonly lr: number;
  /** 0: the norm is only measured. */
  readonly clip: number;
  readonly biasRate: number;
  readonly auxLoss: number;
}

/** What a step measures. */
export interface StepResult {
  /** Cross-entropy of the batch before the update, in nats per token. */
  readonly loss: number;
  /** Global norm of the gradients before clipping. */
  readonly gradNorm: number;
  /** How much more than its share the busiest expert got, max load / mean load − 1: the mean over the layers with experts. */
  readonly imbalance: number;
}

/** One step of training, which is one plan: loss, gradients, clipping, both optimizers and the router biases. */
export async function trainingStep(
  model: Moonlight,
  optimizer: Optimizer,
  ids: Tensor,
  { lr, clip, biasRate, auxLoss }: StepOptions,
): Promise<StepResult> {
  const { loss, crossEntropy } = languageModelLoss(model, ids, { auxiliaryCoefficient: auxLoss });
  crossEntropy.keep();
  loss.backward();
  const norm = clipGradNorm(model.namedParameters(), clip === 0 ? Number.POSITIVE_INFINITY : clip);
  const imbalance = meanViolation(model).keep();
  optimizer.setLr(lr);
  optimizer.update();
  model.updateBias(biasRate);
  await realize();
  return { loss: await crossEntropy.item(), gradNorm: await norm.item(), imbalance: await imbalance.item() };
}

/** Over the tokens since the last update of the router biases; 0 where no layer has experts. */
function meanViolation(model: Moonlight): Tensor {
  const violations = [...model.routers().values()].map((router) => router.loadStatistics().maxViolation);
  return violations.length === 0 ? zeros([]) : stack(violations).mean();
}
