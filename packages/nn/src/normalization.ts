import { parameter, type Tensor, type TensorLike, type Variable } from "@tsuki/core";
import { ones } from "./init.ts";
import { Module } from "./module.ts";

/** x · (mean(x²) + eps)^(−½) · weight over the last axis (Zhang and Sennrich, "Root mean square layer normalization"). */
export function rmsNorm(x: Tensor, weight: TensorLike, options: { readonly eps?: number } = {}): Tensor {
  const { eps = 1e-6 } = options;
  return x.mul(x.square().mean({ axis: -1, keepDim: true }).add(eps).rsqrt()).mul(weight);
}

export interface RMSNormOptions {
  /** Extent of the last axis. */
  readonly size: number;
  /** Added to the mean square; default 1e-6. */
  readonly eps?: number;
}

/** Root mean square normalization with a gain, 1 at first: [..., size] → [..., size]. */
export class RMSNorm extends Module<[x: Tensor], Tensor> {
  /** [size] */
  weight: Variable;
  readonly eps: number;

  constructor({ size, eps = 1e-6 }: RMSNormOptions) {
    super();
    this.weight = parameter(ones([size]), { name: "weight" });
    this.eps = eps;
  }

  forward(x: Tensor): Tensor {
    return rmsNorm(x, this.weight, { eps: this.eps });
  }
}
