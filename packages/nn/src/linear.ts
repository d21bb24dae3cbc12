import { checkOptions, type Generator, parameter, ShapeError, type Tensor, type Variable } from "@tsuki/core";
import { checkTensor } from "./checks.ts";
import { type Initializer, kaimingUniform, zeros } from "./init.ts";
import { Module } from "./module.ts";
import { checkSizes } from "./sizes.ts";

export interface LinearOptions {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Whether a bias is added, 0 at first; default false. */
  readonly bias?: boolean;
  /** Initial weight; default `kaimingUniform()`, which is ±1/√inFeatures. */
  readonly init?: Initializer;
  readonly generator?: Generator;
  /** A parameter [out, in] of another module that is used here too (tied weights); then none is made. */
  readonly weight?: Variable;
}

/** y = x·Wᵀ + b: [..., in] → [..., out], at least one axis before the last. */
export class Linear extends Module<[x: Tensor], Tensor> {
  /** [out, in] */
  weight: Variable;
  /** [out] */
  bias: Variable | null;

  constructor(options: LinearOptions) {
    super();
    checkOptions("Linear", options, "inFeatures", "outFeatures", "bias", "init", "generator", "weight");
    const { inFeatures, outFeatures, bias = false, init = kaimingUniform(), generator, weight } = options;
    checkSizes("Linear", { inFeatures, outFeatures });
    const shape = [outFeatures, inFeatures];
    if (weight && String(weight.shape) !== String(shape)) {
      throw new ShapeError(`Linear: a weight [${shape}] is needed, "${weight.name}" is [${weight.shape}]`);
    }
    this.weight = weight ?? parameter(init(shape, generator), { name: "weight" });
    this.bias = bias ? parameter(zeros([outFeatures]), { name: "bias" }) : null;
  }

  /** The matrix [out, in] that the layer multiplies with, with what adapts it. */
  effectiveWeight(): Tensor {
    return this.weight.read();
  }

  /** @throws ShapeError where x is not as wide as the weight. */
  forward(x: Tensor): Tensor {
    checkTensor("Linear", x);
    const [outFeatures, inFeatures] = this.weight.shape;
    if (x.shape[x.rank - 1] !== inFeatures) {
      const width = `${inFeatures} → ${outFeatures}`;
      throw new ShapeError(`Linear(${width}): an input [..., ${inFeatures}] is needed, not [${x.shape}]`);
    }
    const product = this.product(x);
    return this.bias ? product.add(this.bias) : product;
  }

  /** x·Wᵀ for an x of the right width. */
  protected product(x: Tensor): Tensor {
    return x.matmul(this.weight.transpose());
  }
}
