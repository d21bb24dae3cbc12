import { type Generator, parameter, type Tensor, type Variable } from "@tsuki/core";
import { type Initializer, kaimingUniform, zeros } from "./init.ts";
import { Module } from "./module.ts";

export interface LinearOptions {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Whether a bias is added, 0 at first; default false. */
  readonly bias?: boolean;
  /** Initial weight; default `kaimingUniform()`, which is ±1/√inFeatures. */
  readonly init?: Initializer;
  readonly generator?: Generator;
}

/** y = x·Wᵀ + b: [..., in] → [..., out], at least one axis before the last. */
export class Linear extends Module<[x: Tensor], Tensor> {
  /** [out, in] */
  weight: Variable;
  /** [out] */
  bias: Variable | null;

  constructor({ inFeatures, outFeatures, bias = false, init = kaimingUniform(), generator }: LinearOptions) {
    super();
    this.weight = parameter(init([outFeatures, inFeatures], generator), { name: "weight" });
    this.bias = bias ? parameter(zeros([outFeatures]), { name: "bias" }) : null;
  }

  forward(x: Tensor): Tensor {
    const product = x.matmul(this.weight.transpose());
    return this.bias ? product.add(this.bias) : product;
  }
}
