import { ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { sameShape } from "../plan/view.ts";
import { add, div, isFinite, mul, sub } from "./arithmetic.ts";
import { asTensor, build, computeType, constantLike, normalAxes, normalAxis, requireFloat } from "./build.ts";
import { eq, logicalNot, logicalOr, ne, where } from "./comparison.ts";
import { cast, detach } from "./conversion.ts";
import { arange } from "./creation.ts";
import { exp, log } from "./transcendental.ts";
import { expand, reshape } from "./views.ts";

export interface ReduceOptions {
  /** The axis or axes to reduce; default: all. */
  readonly axis?: number | readonly number[];
  /** Keep reduced axes with extent 1. */
  readonly keepDim?: boolean;
}

type Axes = readonly number[];
type Rule = (gradient: Tensor, x: Tensor, y: Tensor, axes: Axes) => Tensor;

/** A reduction: the result lacks the reduced axes. */
function reduction(name: string, kernel: "sum" | "max" | "min", rule: Rule): Op<Axes> {
  return defineOp<Axes>({
    name,
    key: (axes) => axes,
    gradient: ([g], { inputs: [x], outputs: [y], attributes }) => [g && rule(g, x, y, attributes)],
    lower: (l, [x], axes) => [l.reduce(kernel, x, axes)],
  });
}

/** A reduced tensor, repeated along the axes that were reduced. */
function spread(y: Tensor, x: Tensor, axes: Axes): Tensor {
  const kept = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  return expand(reshape(y, kept), x.shape);
}

/** The gradient of an extreme is shared equally by the entries that attain it. */
const ofExtreme: Rule = (g, x, y, axes) => {
  const attains = cast(eq(x, spread(y, x, axes)), computeType(g) as "float32");
  const share = div(g, sumOver(attains, axes));
  return mul(spread(share, x, axes), attains);
};

const sumOp: Op<Axes> = reduction("sum", "sum", (g, x, _y, axes) => spread(g, x, axes));
const maxOp: Op<Axes> = reduction("max", "max", ofExtreme);
const minOp: Op<Axes> = reduction("min", "min", ofExtreme);

function reduce(op: Op<Axes>, x: Tensor, axes: Axes, keepDim: boolean): Tensor {
  const shape = x.shape.filter((_, axis) => !axes.includes(axis));
  // Over one entry there is nothing to reduce.
  const single = axes.every((axis) => x.shape[axis] === 1);
  const result = single ? reshape(x, shape) : build(op, [x], axes, { shape, dtype: computeType(x) });
  return keepDim
    ? reshape(
        result,
        x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)),
      )
    : result;
}

function sumOver(x: Tensor, axes: Axes): Tensor {
  return reduce(sumOp, x, axes, false);
}

/** Sums a broadcast gradient back to the shape it came from. */
export function sumTo(x: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const added = x.rank - shape.length;
  const axes = x.shape.flatMap((extent, axis) =>
    axis < added || (shape[axis - added] === 1 && extent !== 1) ? [axis] : [],
  );
  const summed = sumOver(x, axes);
  return sameShape(summed.shape, shape) ? summed : reshape(summed, shape);
}

/** Σ x over the given axes; 0 where nothing is summed. Truth values are counted. */
export function sum(x: TensorLike, options: ReduceOptions = {}): Tensor {
  const given = asTensor(x);
  const tensor = computeType(given) === "bool" ? cast(given, "int32") : given;
  return reduce(sumOp, tensor, normalAxes("sum", options.axis, tensor.rank), options.keepDim ?? false);
}

/** The mean over the given axes; NaN where there is nothing. */
export function mean(x: TensorLike, options: ReduceOptions = {}): Tensor {
  const tensor = asTensor(x);
  const axes = normalAxes("mean", options.axis, tensor.rank);
  const count = axes.reduce((product, axis) => product * tensor.shape[axis], 1);
  const total = sum(tensor, options);
  return div(total, constantLike(count, total));
}

/** The largest entry; NaN if any is. Nothing to choose from is an error. */
export function max(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return extreme(maxOp, x, options);
}

/** The smallest entry; NaN if any is. Nothing to choose from is an error. */
export function min(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return extreme(minOp, x, options);
}

function extreme(op: Op<Axes>, x: TensorLike, options: ReduceOptions): Tensor {
  const tensor = asTensor(x);
  const axes = normalAxes(op.name, options.axis, tensor.rank);
  if (axes.some((axis) => tensor.shape[axis] === 0)) {
    throw new ShapeError(`${op.name}: axes [${axes}] of shape [${tensor.shape}] are empty, so there is no ${op.name}`);
  }
  return reduce(op, tensor, axes, options.keepDim ?? false);
}

/** Whether any entry is true (not 0); false where there is none. */
export function any(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return ne(sum(cast(x, "bool"), options), 0);
}

/** Whether every entry is true (not 0); true where there is none. */
export function all(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return eq(sum(logicalNot(cast(x, "bool")), options), 0);
}

/** The place (int32) of the largest entry along an axis; the first of equals, and of NaN. */
export function argmax(x: TensorLike, options: { readonly axis?: number; readonly keepDim?: boolean } = {}): Tensor {
  return place("argmax", max, x, options);
}

/** The place (int32) of the smallest entry along an axis; the first of equals, and of NaN. */
export function argmin(x: TensorLike, options: { readonly axis?: number; readonly keepDim?: boolean } = {}): Tensor {
  return place("argmin", min, x, options);
}

function place(
  name: string,
  best: (x: TensorLike, options: ReduceOptions) => Tensor,
  x: TensorLike,
  options: { readonly axis?: number; readonly keepDim?: boolean },
): Tensor {
  const given = detach(x);
  const tensor = options.axis === undefined ? reshape(given, [given.size]) : given;
  const axis = normalAxis(name, options.axis ?? 0, tensor.rank);
  const extent = tensor.shape[axis];
  const found = eq(tensor, best(tensor, { axis, keepDim: true }));
  const hit = logicalOr(found, ne(tensor, tensor));
  const places = reshape(arange(extent), [extent, ...new Array<number>(tensor.rank - 1 - axis).fill(1)]);
  return min(where(hit, places, constantLike(extent, places)), { axis, keepDim: options.keepDim ?? false });
}

/** log Σ eˣ, computed without overflow; −∞ for a row of −∞. */
export function logsumexp(x: TensorLike, options: ReduceOptions = {}): Tensor {
  const tensor = asTensor(x);
  requireFloat("logsumexp", tensor);
  const axes = normalAxes("logsumexp", options.axis, tensor.rank);
  const top = detach(max(tensor, { axis: axes, keepDim: true }));
  // An infinite maximum is not subtracted: ∞ − ∞ is no number.
  const shift = where(isFinite(top), top, constantLike(0, top));
  const total = add(log(sum(exp(sub(tensor, shift)), { axis: axes, keepDim: true })), shift);
  if (options.keepDim) return total;
  return reshape(
    total,
    tensor.shape.filter((_, axis) => !axes.includes(axis)),
  );
}
