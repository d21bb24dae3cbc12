import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import type { Lowering } from "../plan/lowering.ts";
import type { Value } from "../plan/value.ts";
import { mul, sub } from "./arithmetic.ts";
import { build, checkOptions, computeType, normalAxes } from "./build.ts";
import { asFloats } from "./conversion.ts";
import { exp } from "./exponential.ts";
import { axesOf, kept, keptShape, type ReduceOptions, reducedShape, spread, sum } from "./reduction.ts";

type Axes = readonly number[];

/** A reduced value, repeated along the axes that were reduced. */
function repeated(l: Lowering, reduced: Value, { shape }: Value, axes: Axes): Value {
  return l.expand(l.reshape(reduced, keptShape(shape, axes)), shape);
}

/** e^(x − top), 1 at the top. */
function weightsBelow(l: Lowering, x: Value, top: Value, axes: Axes): Value {
  const { dtype } = x.expr;
  return l.map("exp", dtype, l.map("sub", dtype, x, repeated(l, top, x, axes)));
}

/** Its gradient computes e^(x − y) from x once more: nothing of the size of x is kept but x itself. */
const logsumexpOp: Op<Axes> = defineOp<Axes>({
  name: "logsumexp",
  key: (axes) => axes,
  gradient: ([g], { inputs: [x], outputs: [y], attributes: axes }) => [
    g && mul(spread(g, x, axes), exp(sub(x, spread(y, x, axes)))),
  ],
  lower: (l, [x], axes, [{ shape }]) => {
    const { dtype } = x.expr;
    const top = l.reduce("max", x, axes);
    // An infinite maximum, that of an empty row too, is not subtracted: ∞ − ∞ is no number.
    const isFinite = l.map("lt", "bool", l.map("abs", dtype, top), l.constant(Number.POSITIVE_INFINITY, dtype, shape));
    const shift = l.store(l.map("select", dtype, isFinite, top, l.constant(0, dtype, shape)));
    const total = l.reduce("sum", weightsBelow(l, x, shift, axes), axes);
    return [l.map("add", dtype, l.map("log", dtype, total), shift)];
  },
});

/** log Σ eˣ, computed without overflow; −∞ for a row of −∞, and for an empty one. */
export function logsumexp(x: TensorLike, options: ReduceOptions = {}): Tensor {
  const tensor = asFloats(x, "logsumexp");
  const axes = axesOf("logsumexp", tensor, options);
  const shape = reducedShape(tensor.shape, axes);
  const total = build(logsumexpOp, [tensor], axes, { shape, dtype: computeType(tensor) });
  return options.keepDim ? kept(total, tensor, axes) : total;
}

interface SoftmaxOptions {
  /** Default: the last. */
  readonly axis?: number;
}

function axisOf(op: string, x: Tensor, options: SoftmaxOptions): number[] {
  checkOptions(op, options, "axis");
  return normalAxes(op, options.axis ?? -1, x.rank);
}

const softmaxOp: Op<Axes> = defineOp<Axes>({
  name: "softmax",
  key: (axes) => axes,
  gradient: ([g], { outputs: [y], attributes: axis }) => [g && mul(y, sub(g, sum(mul(g, y), { axis, keepDim: true })))],
  lower: (l, [x], axes) => {
    const weights = l.store(weightsBelow(l, x, l.reduce("max", x, axes), axes));
    return [l.map("div", x.expr.dtype, weights, repeated(l, l.reduce("sum", weights, axes), x, axes))];
  },
});

/** eˣ / Σ eˣ along an axis, by default the last. */
export function softmax(x: TensorLike, options: SoftmaxOptions = {}): Tensor {
  const tensor = asFloats(x, "softmax");
  const axes = axisOf("softmax", tensor, options);
  return build(softmaxOp, [tensor], axes, { shape: tensor.shape, dtype: computeType(tensor) });
}

/** log(softmax(x)) along an axis, by default the last, without overflow. */
export function logSoftmax(x: TensorLike, options: SoftmaxOptions = {}): Tensor {
  const tensor = asFloats(x, "logSoftmax");
  return sub(tensor, logsumexp(tensor, { axis: axisOf("logSoftmax", tensor, options), keepDim: true }));
}
