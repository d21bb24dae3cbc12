import { ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { sameShape } from "../plan/view.ts";
import { div, mul } from "./arithmetic.ts";
import { asTensor, build, checkOptions, computeType, constantLike, normalAxes } from "./build.ts";
import { eq, logicalNot, logicalOr, ne, where } from "./comparison.ts";
import { asFloats, asNumbers, cast, detach } from "./conversion.ts";
import { arange } from "./creation.ts";
import { cumprod, later } from "./scan.ts";
import { flip } from "./slicing.ts";
import { expand, moveAxis, reshape } from "./views.ts";

export interface ReduceOptions {
  /** The axis or axes to reduce; default: all. */
  readonly axis?: number | readonly number[];
  /** Keep reduced axes with extent 1. */
  readonly keepDim?: boolean;
}

type Axes = readonly number[];
type Rule = (gradient: Tensor, x: Tensor, y: Tensor, axes: Axes) => Tensor;

/** A reduction: the result lacks the reduced axes. */
function reduction(name: string, kernel: "sum" | "prod" | "max" | "min", rule: Rule): Op<Axes> {
  return defineOp<Axes>({
    name,
    key: (axes) => axes,
    gradient: ([g], { inputs: [x], outputs: [y], attributes }) => [g && rule(g, x, y, attributes)],
    lower: (l, [x], axes) => [l.reduce(kernel, x, axes)],
  });
}

/** A shape without the reduced axes. */
export function reducedShape(shape: readonly number[], axes: Axes): number[] {
  return shape.filter((_, axis) => !axes.includes(axis));
}

/** A shape with the reduced axes as extents of 1. */
export function keptShape(shape: readonly number[], axes: Axes): number[] {
  return shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
}

/** A reduced tensor with the reduced axes as extents of 1. */
export function kept(y: Tensor, x: Tensor, axes: Axes): Tensor {
  return reshape(y, keptShape(x.shape, axes));
}

/** A reduced tensor, repeated along the axes that were reduced. */
export function spread(y: Tensor, x: Tensor, axes: Axes): Tensor {
  return expand(kept(y, x, axes), x.shape);
}

/** The gradient of an extreme is shared equally by the entries that attain it. */
const ofExtreme: Rule = (g, x, y, axes) => {
  const attains = cast(eq(x, spread(y, x, axes)), computeType(g) as "float32");
  const share = div(g, sumOver(attains, axes));
  return mul(spread(share, x, axes), attains);
};

/** For each entry the product of all others along the axes: of those before it and those behind it. */
function others(x: Tensor, axes: Axes): Tensor {
  const order = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const last = axes.map((_, i) => i - axes.length);
  const moved = moveAxis(x, axes, last);
  const count = axes.reduce((product, axis) => product * x.shape[axis], 1);
  const rows = reshape(moved, [...order.map((axis) => x.shape[axis]), count]);
  const before = (row: Tensor): Tensor => later(cumprod(row, -1), 1);
  const product = mul(before(rows), flip(before(flip(rows, -1)), -1));
  return moveAxis(reshape(product, moved.shape), last, axes);
}

const sumOp: Op<Axes> = reduction("sum", "sum", (g, x, _y, axes) => spread(g, x, axes));
const prodOp: Op<Axes> = reduction("prod", "prod", (g, x, _y, axes) => mul(spread(g, x, axes), others(x, axes)));
export const maxOp: Op<Axes> = reduction("max", "max", ofExtreme);
export const minOp: Op<Axes> = reduction("min", "min", ofExtreme);

function reduce(op: Op<Axes>, x: Tensor, axes: Axes, keepDim: boolean): Tensor {
  const shape = reducedShape(x.shape, axes);
  // Over one entry there is nothing to reduce.
  const single = axes.every((axis) => x.shape[axis] === 1);
  const result = single ? reshape(x, shape) : build(op, [x], axes, { shape, dtype: computeType(x) });
  return keepDim ? kept(result, x, axes) : result;
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

/** Axes counted from the front; `other` is an option that the op has beside `axis` and `keepDim`. */
export function axesOf(op: string, x: Tensor, options: ReduceOptions, other?: string): number[] {
  if (other === undefined) checkOptions(op, options, "axis", "keepDim");
  else checkOptions(op, options, "axis", "keepDim", other);
  return normalAxes(op, options.axis, x.rank);
}

function over(op: Op<Axes>, name: string, x: Tensor, options: ReduceOptions): Tensor {
  return reduce(op, x, axesOf(name, x, options), options.keepDim ?? false);
}

/** Σ x over the given axes; 0 where nothing is summed. Truth values are counted. */
export function sum(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return over(sumOp, "sum", asNumbers(x, "sum"), options);
}

/** The product over the given axes; 1 of nothing. Its gradient is exact where entries are 0. */
export function prod(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return over(prodOp, "prod", asNumbers(x, "prod"), options);
}

/** The mean over the given axes, in floats; NaN where there is nothing. */
export function mean(x: TensorLike, options: ReduceOptions = {}): Tensor {
  const tensor = asFloats(x, "mean");
  const axes = axesOf("mean", tensor, options);
  const count = axes.reduce((product, axis) => product * tensor.shape[axis], 1);
  const total = sum(tensor, options);
  return div(total, constantLike(count, total));
}

/** The largest entry; NaN if any is. Nothing to choose from is an error. */
export function max(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return extreme(maxOp, "max", asTensor(x, "max"), options);
}

/** The smallest entry; NaN if any is. Nothing to choose from is an error. */
export function min(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return extreme(minOp, "min", asTensor(x, "min"), options);
}

/** The largest or smallest entry under the name of the op that needs it. */
export function extreme(op: Op<Axes>, name: string, x: Tensor, options: ReduceOptions): Tensor {
  const axes = axesOf(name, x, options);
  if (axes.some((axis) => x.shape[axis] === 0)) {
    throw new ShapeError(`${name}: axes [${axes}] of shape [${x.shape}] are empty, so there is no ${name}`);
  }
  return reduce(op, x, axes, options.keepDim ?? false);
}

/** Whether any entry is true (not 0); false where there is none. */
export function any(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return ne(over(sumOp, "any", asNumbers(cast(asTensor(x, "any"), "bool")), options), 0);
}

/** Whether every entry is true (not 0); true where there is none. */
export function all(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return eq(over(sumOp, "all", asNumbers(logicalNot(asTensor(x, "all"))), options), 0);
}

interface ArgOptions {
  /** Default: all entries, in row-major order. */
  readonly axis?: number;
  /** Keep the reduced axis (or all of them) with extent 1. */
  readonly keepDim?: boolean;
}

/** The place (int32) of the largest entry along an axis; the first of equals, and of NaN. */
export function argmax(x: TensorLike, options: ArgOptions = {}): Tensor {
  return place("argmax", maxOp, asTensor(x, "argmax"), options);
}

/** The place (int32) of the smallest entry along an axis; the first of equals, and of NaN. */
export function argmin(x: TensorLike, options: ArgOptions = {}): Tensor {
  return place("argmin", minOp, asTensor(x, "argmin"), options);
}

function place(name: string, op: Op<Axes>, x: Tensor, options: ArgOptions): Tensor {
  const axes = axesOf(name, x, options);
  const { axis, keepDim = false } = options;
  const given = detach(x);
  const tensor = axis === undefined || given.rank === 0 ? reshape(given, [given.size]) : given;
  const at = tensor === given ? axes[0] : 0;
  const extent = tensor.shape[at];
  const found = eq(tensor, extreme(op, name, tensor, { axis: at, keepDim: true }));
  const hit = logicalOr(found, ne(tensor, tensor));
  const places = reshape(arange(extent), [extent, ...new Array<number>(tensor.rank - 1 - at).fill(1)]);
  const first = min(where(hit, places, constantLike(extent, places)), { axis: at });
  return keepDim ? kept(first, given, axes) : first;
}
