import { ArgumentError } from "../errors.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { abs, div, sqrt, square, sub } from "./arithmetic.ts";
import { computeType, constantLike, shown } from "./build.ts";
import { eq, ne, where } from "./comparison.ts";
import { asFloats, cast } from "./conversion.ts";
import { pow } from "./power.ts";
import { axesOf, extreme, maxOp, mean, minOp, type ReduceOptions, sum } from "./reduction.ts";

export interface VarianceOptions extends ReduceOptions {
  /** What is taken from the count n in the denominator; default 1: without bias. */
  readonly correction?: number;
}

/** Σ (x − mean)² / max(n − correction, 0) over the given axes; NaN of one entry (or none). */
export function variance(x: TensorLike, options: VarianceOptions = {}): Tensor {
  return meanSquare("var", x, options);
}

function meanSquare(op: string, x: TensorLike, options: VarianceOptions): Tensor {
  const tensor = asFloats(x, op);
  const axis = axesOf(op, tensor, options, "correction");
  const { correction = 1, keepDim } = options;
  if (!Number.isFinite(correction)) {
    throw new ArgumentError(`${op}: the correction is a finite number, not ${correction}`);
  }
  const deviations = sub(tensor, mean(tensor, { axis, keepDim: true }));
  const total = sum(square(deviations), { axis, keepDim });
  const count = axis.reduce((product, a) => product * tensor.shape[a], 1);
  return div(total, constantLike(Math.max(count - correction, 0), total));
}

/** √var; the gradient of equal entries is 0. */
export function std(x: TensorLike, options: VarianceOptions = {}): Tensor {
  return apartFrom(meanSquare("std", x, options), 0, sqrt);
}

export interface NormOptions extends ReduceOptions {
  /** 2 (or "fro") by default; any number, ±∞ for the largest or smallest |x|, 0 for how many are not 0. */
  readonly ord?: number | "fro";
}

/** (Σ |x|ᵖ)^(1/p) over the given axes, of the entries as one vector; a zero vector has the gradient 0. */
export function norm(x: TensorLike, options: NormOptions = {}): Tensor {
  const tensor = asFloats(x, "norm");
  const over: ReduceOptions = { axis: axesOf("norm", tensor, options, "ord"), keepDim: options.keepDim };
  const ord = options.ord === "fro" ? 2 : (options.ord ?? 2);
  if (typeof ord !== "number" || Number.isNaN(ord)) {
    throw new ArgumentError(`norm: ord is a number, ±Infinity or "fro", not ${shown(ord)}`);
  }
  if (ord === 0) return sum(cast(ne(tensor, constantLike(0, tensor)), computeType(tensor)), over);
  if (ord === 2) return apartFrom(sum(square(tensor), over), 0, sqrt);
  const sizes = abs(tensor);
  if (ord === 1) return sum(sizes, over);
  if (ord === Number.POSITIVE_INFINITY) return extreme(maxOp, "norm", sizes, over);
  if (ord === Number.NEGATIVE_INFINITY) return extreme(minOp, "norm", sizes, over);
  // |0|ᵖ is a constant, and so is the root of what comes of zeros alone.
  const ofZero = ord > 0 ? 0 : Number.POSITIVE_INFINITY;
  const total = sum(
    apartFrom(sizes, 0, (size) => pow(size, ord), ofZero),
    over,
  );
  return apartFrom(total, ofZero, (whole) => pow(whole, 1 / ord), 0);
}

/** f(x), but where x is the given value a constant, without a gradient. */
function apartFrom(x: Tensor, value: number, f: (x: Tensor) => Tensor, result = 0): Tensor {
  const apart = eq(x, constantLike(value, x));
  return where(apart, constantLike(result, x), f(where(apart, constantLike(1, x), x)));
}
