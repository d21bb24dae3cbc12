import { ArgumentError, noGrad, type Tensor, type Variable, variable } from "@tsuki/core";
import { Linear } from "./linear.ts";
import type { Module } from "./module.ts";

/** The largest magnitude that a weight is given: the range is symmetric. */
const largest = 127;

/**
 * A linear layer whose weight is resident as int8 with a scale for each row, a quarter of float32's memory:
 *
 *     y = (x·Qᵀ) ⊙ s + b        sᵢ = maxⱼ |Wᵢⱼ| / 127        Qᵢⱼ = round(Wᵢⱼ / sᵢ)
 *
 * An entry of W is off by at most sᵢ / 2. The weight is frozen; adapters over it can be trained.
 */
export class Int8Linear extends Linear {
  /** [out] */
  readonly scale: Variable;

  constructor({ weight, bias, training }: Linear) {
    const [outFeatures, inFeatures] = weight.shape;
    const { codes, scale } = noGrad(() => quantize(weight.read()));
    super({ inFeatures, outFeatures, weight: variable(codes, { name: weight.name }) });
    this.scale = variable(scale, { name: "scale" });
    this.bias = bias;
    this.training = training;
  }

  override effectiveWeight(): Tensor {
    return this.weight.cast(this.scale.dtype).mul(this.scale.unsqueeze(1));
  }

  protected override product(x: Tensor): Tensor {
    return x.matmul(this.weight.cast(this.scale.dtype).transpose()).mul(this.scale);
  }
}

function quantize(weight: Tensor): { codes: Tensor; scale: Tensor } {
  const top = weight.abs().max({ axis: 1 });
  const scale = top.div(largest);
  // A row of zeros has the scale 0, by which nothing is divided.
  const codes = weight
    .div(scale.maximum(2 ** -126).unsqueeze(1))
    .round()
    .clamp({ min: -largest, max: largest });
  return { codes: codes.cast("int8"), scale };
}

/**
 * Puts an `Int8Linear` in the place of each linear layer that is meant.
 *
 *     quantizeLinear(model, /layers/);
 *
 * @param targets A pattern of the layers' paths; default all linear layers.
 * @returns The paths of the quantized layers.
 * @throws ArgumentError where no layer is meant, or its weight is that of another module too (tied).
 */
export function quantizeLinear(model: Module, targets: RegExp = /(?:)/): string[] {
  const modules = [...model.namedModules()];
  const meant = modules.filter(([path, part]) => part.constructor === Linear && path.search(targets) >= 0);
  if (meant.length === 0) throw new ArgumentError(`quantizeLinear: ${targets} matches no plain linear layer`);
  for (const [path, layer] of meant) {
    const weight = (layer as unknown as Linear).weight;
    const other = modules.find(([, part]) => part !== layer && Object.values(part.ownVariables()).includes(weight));
    if (other)
      throw new ArgumentError(`quantizeLinear: the weight of ${path} is that of ${other[0]} too; leave it out`);
  }
  const layers = new Set(meant.map(([, layer]) => layer));
  model.replaceModules((part) => (part instanceof Linear && layers.has(part) ? new Int8Linear(part) : part));
  return meant.map(([path]) => path);
}
