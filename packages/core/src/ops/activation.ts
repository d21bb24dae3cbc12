import { ArgumentError } from "../errors.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { floatUnary } from "./apply.ts";
import { abs, add, div, mul, neg, square, sub } from "./arithmetic.ts";
import { asTensor, checkOptions, constantLike } from "./build.ts";
import { ge, gt, le, where } from "./comparison.ts";
import { asFloats } from "./conversion.ts";
import { elementwise } from "./elementwise.ts";
import { erf, expm1, logaddexp, sigmoid } from "./exponential.ts";
import { tanh } from "./hyperbolic.ts";

/** max(x, 0); gradient 0 at 0, NaN stays. */
export function relu(x: TensorLike): Tensor {
  const tensor = asTensor(x, "relu");
  const zero = constantLike(0, tensor);
  return where(le(tensor, zero), zero, tensor);
}

/** min(max(x, 0), 6); gradient 0 at both ends. */
export function relu6(x: TensorLike): Tensor {
  const tensor = asTensor(x, "relu6");
  const six = constantLike(6, tensor);
  return where(ge(tensor, six), six, relu(tensor));
}

/** x where x > 0, else slope · x. */
export function leakyRelu(x: TensorLike, options: { readonly slope?: TensorLike } = {}): Tensor {
  checkOptions("leakyRelu", options, "slope");
  const tensor = asFloats(x, "leakyRelu");
  const below = mul(tensor, options.slope ?? constantLike(0.01, tensor));
  return where(gt(tensor, constantLike(0, tensor)), tensor, below);
}

/** x where x > 0, else α · (eˣ − 1); α = 1 by default. */
export function elu(x: TensorLike, options: { readonly alpha?: TensorLike } = {}): Tensor {
  checkOptions("elu", options, "alpha");
  const tensor = asFloats(x, "elu");
  const zero = constantLike(0, tensor);
  const isAbove = gt(tensor, zero);
  // Where it is not taken, its gradient must not be 0 · ∞.
  const below = expm1(where(isAbove, zero, tensor));
  return where(isAbove, tensor, options.alpha === undefined ? below : mul(below, options.alpha));
}

/** 1.0507 · elu(x, α = 1.6733): keeps mean 0 and variance 1 (Klambauer et al. 2017). */
export function selu(x: TensorLike): Tensor {
  const tensor = asFloats(x, "selu");
  const alpha = constantLike(1.6732632423543772, tensor);
  return mul(elu(tensor, { alpha }), constantLike(1.0507009873554805, tensor));
}

/** x · sigmoid(x); its gradient computes sigmoid(x) again, which costs less than to keep it. */
export const silu: (x: TensorLike) => Tensor = floatUnary(
  elementwise(
    "silu",
    (s, x) => s("mul", x, s("sigmoid", x)),
    (g, [x], y) => {
      const slope = sigmoid(x);
      return [mul(g, add(slope, mul(y, sub(constantLike(1, x), slope))))];
    },
  ),
);

/**
 * x · Φ(x) with the normal distribution Φ(x) = (1 + erf(x / √2)) / 2, or by `approximate: "tanh"` with
 * (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2 (Hendrycks and Gimpel 2016).
 *
 * @throws ArgumentError for another `approximate`
 */
export function gelu(x: TensorLike, options: { readonly approximate?: "none" | "tanh" } = {}): Tensor {
  checkOptions("gelu", options, "approximate");
  const tensor = asFloats(x, "gelu");
  const times = (y: Tensor, c: number): Tensor => mul(y, constantLike(c, tensor));
  const { approximate = "none" } = options;
  if (approximate === "none") {
    return mul(tensor, times(add(erf(times(tensor, Math.SQRT1_2)), constantLike(1, tensor)), 0.5));
  }
  if (approximate !== "tanh") {
    throw new ArgumentError(`gelu: approximate is "none" or "tanh", not ${JSON.stringify(approximate)}`);
  }
  // (1 + tanh u) / 2 = sigmoid(2u)
  const slope = times(add(times(square(tensor), 0.044715), constantLike(1, tensor)), 2 * Math.sqrt(2 / Math.PI));
  return mul(tensor, sigmoid(mul(tensor, slope)));
}

/** How a softplus bends. */
export interface SoftplusOptions {
  /** Default 1. */
  readonly beta?: TensorLike;
  /** Above it β·x counts as linear; default 20. */
  readonly threshold?: TensorLike;
}

/** log(1 + e^(βx)) / β, and x itself where βx is above the threshold. */
export function softplus(x: TensorLike, options: SoftplusOptions = {}): Tensor {
  checkOptions("softplus", options, "beta", "threshold");
  const tensor = asFloats(x, "softplus");
  const { beta, threshold = constantLike(20, tensor) } = options;
  const scaled = beta === undefined ? tensor : mul(tensor, beta);
  const bent = logaddexp(scaled, constantLike(0, tensor));
  return where(gt(scaled, threshold), tensor, beta === undefined ? bent : div(bent, beta));
}

/** x / (1 + |x|) */
export function softsign(x: TensorLike): Tensor {
  const tensor = asFloats(x, "softsign");
  return div(tensor, add(abs(tensor), constantLike(1, tensor)));
}

/** x · tanh(softplus(x)) */
export function mish(x: TensorLike): Tensor {
  const tensor = asFloats(x, "mish");
  return mul(tensor, tanh(softplus(tensor)));
}

/** log(sigmoid(x)) without overflow. */
export function logSigmoid(x: TensorLike): Tensor {
  const opposite = neg(asFloats(x, "logSigmoid"));
  return neg(logaddexp(opposite, constantLike(0, opposite)));
}

/** relu6(x + 3) / 6 */
export function hardSigmoid(x: TensorLike): Tensor {
  const tensor = asFloats(x, "hardSigmoid");
  return div(relu6(add(tensor, constantLike(3, tensor))), constantLike(6, tensor));
}

/** x · relu6(x + 3) / 6 */
export function hardSwish(x: TensorLike): Tensor {
  const tensor = asFloats(x, "hardSwish");
  return mul(tensor, hardSigmoid(tensor));
}
