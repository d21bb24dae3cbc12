import { ArgumentError, div, noGrad, stack, type Tensor, together, zeros } from "@tsuki/core";
import { type Parameters, variablesOf } from "./parameters.ts";

/**
 * Scales the gradients so that their global norm is at most `maxNorm`: G ← G · min(1, maxNorm / (‖G‖ + 1e-6)), as torch's
 * clip_grad_norm_. It only records; together with `step()` it is one plan, in which the clipped gradients are values that
 * are never stored. An optimizer with `skipNonFinite` may look at the norm: `step({ gradNorm: clipGradNorm(…) })`.
 *
 * @param params Parameters; those without a gradient are skipped. Their order is that of the sum of squares, which is
 *   taken parameter by parameter.
 * @param maxNorm A run-time number; `Infinity` only measures.
 * @throws ArgumentError where maxNorm is negative or no number.
 * @returns The norm before clipping, a scalar that is there after `step()` without computing anything again.
 */
export function clipGradNorm(params: Parameters, maxNorm: number): Tensor {
  if (!(maxNorm >= 0)) throw new ArgumentError(`clipGradNorm: maxNorm is a number ≥ 0, not ${String(maxNorm)}`);
  return together(() =>
    noGrad(() => {
      const gradients = variablesOf(params).flatMap(({ grad }) => (grad ? [grad] : []));
      if (gradients.length === 0) return zeros([]).keep();
      const norm = stack(gradients.map((grad) => grad.square().sum()))
        .sum()
        .sqrt();
      const scale = div(maxNorm, norm.add(1e-6)).minimum(1);
      for (const grad of gradients) grad.assign(grad.mul(scale));
      return norm.keep();
    }),
  );
}
