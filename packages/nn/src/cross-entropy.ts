import { ArgumentError, DTypeError, ShapeError, scope, type Tensor, where } from "@tsuki/core";

export interface CrossEntropyOptions {
  /** Targets with this value count nothing; default −100. */
  readonly ignoreIndex?: number;
  /** `mean` over the targets that count (0 where none does), their `sum`, or `none`: one loss for each. Default `mean`. */
  readonly reduction?: "mean" | "sum" | "none";
}

/**
 * −log softmax(logits)[target]: logits [..., V] and targets int32 [...], each in [0, V) or `ignoreIndex`. Ignored targets
 * have loss 0, and no gradient passes through their logits.
 */
export function crossEntropy(logits: Tensor, targets: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { ignoreIndex = -100, reduction = "mean" } = options;
  if (!["mean", "sum", "none"].includes(reduction)) {
    throw new ArgumentError(`crossEntropy: reduction is "mean", "sum" or "none", not "${reduction}"`);
  }
  if (targets.dtype !== "int32") throw new DTypeError(`crossEntropy: targets are int32, not ${targets.dtype}`);
  if (String(logits.shape.slice(0, -1)) !== String(targets.shape)) {
    throw new ShapeError(
      `crossEntropy: logits [..., V] and targets [...] are needed, not [${logits.shape}] and [${targets.shape}]`,
    );
  }
  return scope("crossEntropy", () => reduced(logits, targets, ignoreIndex, reduction));
}

function reduced(logits: Tensor, targets: Tensor, ignoreIndex: number, reduction: "mean" | "sum" | "none"): Tensor {
  const counted = targets.ne(ignoreIndex);
  const places = where(counted, targets, 0).unsqueeze(-1);
  const chosen = logits.gather(-1, places).squeeze(-1);
  const losses = where(counted, logits.logsumexp({ axis: -1 }).sub(chosen), 0);
  if (reduction === "none") return losses;
  const total = losses.sum();
  return reduction === "sum" ? total : total.div(counted.sum().maximum(1));
}
