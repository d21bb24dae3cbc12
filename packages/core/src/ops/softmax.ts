import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { add, div, sub } from "./arithmetic.ts";
import { checkOptions, constantLike, normalAxes } from "./build.ts";
import { where } from "./comparison.ts";
import { asFloats, detach } from "./conversion.ts";
import { exp, log } from "./exponential.ts";
import { isFinite } from "./finiteness.ts";
import { axesOf, max, type ReduceOptions, sum } from "./reduction.ts";
import { reshape } from "./views.ts";

/** log Σ eˣ, computed without overflow; −∞ for a row of −∞, and for an empty one. */
export function logsumexp(x: TensorLike, options: ReduceOptions = {}): Tensor {
  const tensor = asFloats(x, "logsumexp");
  const { shape } = tensor;
  const axis = axesOf("logsumexp", tensor, options);
  const zero = constantLike(0, tensor);
  const top = axis.some((a) => shape[a] === 0) ? zero : detach(max(tensor, { axis, keepDim: true }));
  // An infinite maximum is not subtracted: ∞ − ∞ is no number.
  const shift = where(isFinite(top), top, zero);
  const total = add(log(sum(exp(sub(tensor, shift)), { axis, keepDim: true })), shift);
  if (options.keepDim) return total;
  return reshape(
    total,
    shape.filter((_, a) => !axis.includes(a)),
  );
}

interface SoftmaxOptions {
  /** Default: the last. */
  readonly axis?: number;
}

function axisOf(op: string, x: Tensor, options: SoftmaxOptions): number[] {
  checkOptions(op, options, "axis");
  return normalAxes(op, options.axis ?? -1, x.rank);
}

/** eˣ / Σ eˣ along an axis, by default the last. */
export function softmax(x: TensorLike, options: SoftmaxOptions = {}): Tensor {
  const tensor = asFloats(x, "softmax");
  const axis = axisOf("softmax", tensor, options);
  if (tensor.size === 0) return tensor;
  const weights = exp(sub(tensor, detach(max(tensor, { axis, keepDim: true }))));
  return div(weights, sum(weights, { axis, keepDim: true }));
}

/** log(softmax(x)) along an axis, by default the last, without overflow. */
export function logSoftmax(x: TensorLike, options: SoftmaxOptions = {}): Tensor {
  const tensor = asFloats(x, "logSoftmax");
  return sub(tensor, logsumexp(tensor, { axis: axisOf("logSoftmax", tensor, options), keepDim: true }));
}
