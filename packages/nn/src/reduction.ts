import { ArgumentError, type Tensor, where } from "@tsuki/core";

/** What becomes of the losses of several places: their `mean`, their `sum`, or `none`: one loss for each. */
export type Reduction = "mean" | "sum" | "none";

/** @throws ArgumentError for any other word. */
export function checkReduction(name: string, reduction: Reduction): void {
  if (["mean", "sum", "none"].includes(reduction)) return;
  throw new ArgumentError(`${name}: reduction is "mean", "sum" or "none", not "${reduction}"`);
}

/**
 * Losses as a reduction wants them.
 *
 * @param weights What each loss counts: the mean divides by their sum, and is 0 where nothing counts; default 1 each.
 */
export function reduce(losses: Tensor, reduction: Reduction, weights?: Tensor): Tensor {
  if (reduction === "none") return losses;
  if (reduction === "sum") return losses.sum();
  if (!weights) return losses.mean();
  const divisor = weights.sum();
  return losses.sum().div(where(divisor.ne(0), divisor, 1));
}
