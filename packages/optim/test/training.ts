import { parameter, type Tensor, tensor, type Variable } from "@tsuki/core";
import type { Place } from "./devices.ts";

/** A parameter of given contents. */
export function weight({ dtype }: Place, shape: readonly number[], values: ArrayLike<number>): Variable {
  return parameter(tensor(Float64Array.from(values), { dtype, shape }));
}

/** A scalar whose gradients are the given ones, exactly: Σ sum(W · G). Parameters without one do not occur in it. */
export function lossWithGradients(pairs: Iterable<readonly [Variable, ArrayLike<number> | null]>): Tensor {
  let loss: Tensor | null = null;
  for (const [parameter, gradient] of pairs) {
    if (!gradient) continue;
    const { dtype, shape } = parameter;
    const term = parameter.mul(tensor(Float64Array.from(gradient), { dtype, shape })).sum();
    loss = loss ? loss.add(term) : term;
  }
  if (!loss) throw new Error("a loss has at least one gradient");
  return loss;
}

/** Gives the parameters their gradients, as `backward()` of a model does. */
export function backwardWith(...pairs: readonly (readonly [Variable, ArrayLike<number> | null])[]): void {
  lossWithGradients(pairs).backward();
}
