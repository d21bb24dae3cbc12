import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { div, mul, sub } from "./arithmetic.ts";
import { asTensor, constantLike, requireFloat } from "./build.ts";
import { le, where } from "./comparison.ts";
import { detach } from "./conversion.ts";
import { logsumexp, max, sum } from "./reduction.ts";
import { exp, sigmoid } from "./transcendental.ts";

/** max(x, 0); gradient 0 at 0, NaN stays. */
export function relu(x: TensorLike): Tensor {
  const tensor = asTensor(x);
  const zero = constantLike(0, tensor);
  return where(le(tensor, zero), zero, tensor);
}

/** x · sigmoid(x) */
export function silu(x: TensorLike): Tensor {
  const tensor = asTensor(x);
  return mul(tensor, sigmoid(tensor));
}

/** eˣ / Σ eˣ along an axis, by default the last. */
export function softmax(x: TensorLike, options: { readonly axis?: number } = {}): Tensor {
  const tensor = asTensor(x);
  requireFloat("softmax", tensor);
  const axis = options.axis ?? -1;
  const weights = exp(sub(tensor, detach(max(tensor, { axis, keepDim: true }))));
  return div(weights, sum(weights, { axis, keepDim: true }));
}

/** log(softmax(x)) along an axis, by default the last, without overflow. */
export function logSoftmax(x: TensorLike, options: { readonly axis?: number } = {}): Tensor {
  const tensor = asTensor(x);
  return sub(tensor, logsumexp(tensor, { axis: options.axis ?? -1, keepDim: true }));
}
