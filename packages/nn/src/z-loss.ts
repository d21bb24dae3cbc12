import { checkOptions, DTypeError, ShapeError, type Tensor, where } from "@tsuki/core";
import { checkReduction, type Reduction, reduce } from "./reduction.ts";

export interface ZLossOptions {
  /** Which places count, bool [...]; default all. */
  readonly mask?: Tensor;
  /** `mean` over the places that count (0 where none does); default `mean`. */
  readonly reduction?: Reduction;
}

/**
 * (log Σ_c e^logits_c)², for logits [..., V]: it keeps the normaliser of a softmax near 1 and logits from drifting. Added with
 * a coefficient of 1e-4 to the loss of a language model (Chowdhery et al., "PaLM", §5), of 1e-3 to that of a router (Zoph et
 * al., "ST-MoE", §3.2).
 */
export function zLoss(logits: Tensor, options: ZLossOptions = {}): Tensor {
  checkOptions("zLoss", options, "mask", "reduction");
  const { mask, reduction = "mean" } = options;
  checkReduction("zLoss", reduction);
  const losses = logits.logsumexp({ axis: -1 }).square();
  if (!mask) return reduce(losses, reduction);
  if (mask.dtype !== "bool") throw new DTypeError(`zLoss: the mask is bool (true: counts), not ${mask.dtype}`);
  if (String(mask.shape) !== String(losses.shape)) {
    throw new ShapeError(`zLoss: a mask [${losses.shape}] is needed for logits [${logits.shape}], not [${mask.shape}]`);
  }
  return reduce(where(mask, losses, 0), reduction, mask);
}
