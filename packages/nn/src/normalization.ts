import { ArgumentError, checkOptions, parameter, ShapeError, type Tensor, type Variable } from "@tsuki/core";
import { checkTensor } from "./checks.ts";
import { ones, zeros } from "./init.ts";
import { Module } from "./module.ts";
import { checkSizes } from "./sizes.ts";

export interface NormOptions {
  /** How many trailing axes are normalized together; default: as many as the gain or the bias has, else the last. */
  readonly axes?: number;
  /** Gain, in the shape of the normalized axes. */
  readonly weight?: Tensor | Variable | null;
  /** Added to the variance or mean square, under the root. */
  readonly eps?: number;
}

export interface LayerNormOptions extends NormOptions {
  /** Added at the end, in the shape of the normalized axes. */
  readonly bias?: Tensor | Variable | null;
}

/**
 * (x − mean) / √(variance + eps) · weight + bias over the trailing axes, with the biased variance (Ba, Kiros and Hinton,
 * "Layer normalization"); eps defaults to 1e-5.
 */
export function layerNorm(x: Tensor, options: LayerNormOptions = {}): Tensor {
  checkOptions("layerNorm", options, "axes", "weight", "bias", "eps");
  const { weight, bias, eps = 1e-5 } = options;
  const axis = trailingAxes("layerNorm", x, options);
  const centred = x.sub(x.mean({ axis, keepDim: true }));
  const normal = centred.mul(centred.square().mean({ axis, keepDim: true }).add(eps).rsqrt());
  const scaled = weight ? normal.mul(weight) : normal;
  return bias ? scaled.add(bias) : scaled;
}

/**
 * x / √(mean(x²) + eps) · weight over the trailing axes (Zhang and Sennrich, "Root mean square layer normalization"); eps
 * defaults to 1e-6.
 */
export function rmsNorm(x: Tensor, options: NormOptions = {}): Tensor {
  checkOptions("rmsNorm", options, "axes", "weight", "eps");
  const { weight, eps = 1e-6 } = options;
  const axis = trailingAxes("rmsNorm", x, options);
  const normal = x.mul(x.square().mean({ axis, keepDim: true }).add(eps).rsqrt());
  return weight ? normal.mul(weight) : normal;
}

/** The axes that are normalized; gain and bias have their extents, so that nothing is broadcast by mistake. */
function trailingAxes(name: string, x: Tensor, { axes, weight, bias, eps = 0 }: LayerNormOptions): number[] {
  checkTensor(name, x);
  if (!(eps >= 0)) throw new ArgumentError(`${name}: eps is a number ≥ 0, not ${eps}`);
  const count = axes ?? weight?.rank ?? bias?.rank ?? 1;
  if (!Number.isInteger(count) || count < 1) {
    throw new ArgumentError(`${name}: axes is a whole number ≥ 1, not ${count}`);
  }
  const extents = x.shape.slice(-count);
  for (const [role, given] of Object.entries({ weight, bias })) {
    if (!given || (x.rank >= count && String(given.shape) === String(extents))) continue;
    throw new ShapeError(`${name}: a ${role} [${given.shape}] needs x [..., ${given.shape}], not [${x.shape}]`);
  }
  if (x.rank < count) throw new ShapeError(`${name}: [${x.shape}] has no ${count} axes`);
  return Array.from({ length: count }, (_, i) => x.rank - count + i);
}

export interface RMSNormOptions {
  /** Extent of the last axis, or extents of the trailing axes. */
  readonly size: number | readonly number[];
  /** Added to the mean square; default 1e-6. */
  readonly eps?: number;
}

/** Root mean square normalization with a gain, 1 at first: [..., size] → [..., size]. */
export class RMSNorm extends Module<[x: Tensor], Tensor> {
  /** [size] */
  weight: Variable;
  readonly eps: number;

  constructor(options: RMSNormOptions) {
    super();
    checkOptions("RMSNorm", options, "size", "eps");
    const { size, eps = 1e-6 } = options;
    checkSizes("RMSNorm", { size });
    this.weight = parameter(ones([size].flat()), { name: "weight" });
    this.eps = eps;
  }

  /** @throws ShapeError where the trailing axes of x are not `size`. */
  forward(x: Tensor): Tensor {
    return rmsNorm(x, { weight: this.weight, eps: this.eps });
  }
}

export interface LayerNormModuleOptions {
  /** Extent of the last axis, or extents of the trailing axes. */
  readonly size: number | readonly number[];
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
  /** Whether there is a bias, 0 at first; default true. */
  readonly bias?: boolean;
}

/** Layer normalization with a gain, 1 at first, and a bias: [..., size] → [..., size]. */
export class LayerNorm extends Module<[x: Tensor], Tensor> {
  /** [size] */
  weight: Variable;
  /** [size] */
  bias: Variable | null;
  readonly eps: number;

  constructor(options: LayerNormModuleOptions) {
    super();
    checkOptions("LayerNorm", options, "size", "eps", "bias");
    const { size, eps = 1e-5, bias = true } = options;
    checkSizes("LayerNorm", { size });
    this.weight = parameter(ones([size].flat()), { name: "weight" });
    this.bias = bias ? parameter(zeros([size].flat()), { name: "bias" }) : null;
    this.eps = eps;
  }

  /** @throws ShapeError where the trailing axes of x are not `size`. */
  forward(x: Tensor): Tensor {
    return layerNorm(x, { weight: this.weight, bias: this.bias, eps: this.eps });
  }
}
