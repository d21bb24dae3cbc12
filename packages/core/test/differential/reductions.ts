/** Along axes: sums, extremes, places, softmax, scans, order. */
import type { ComputeDType } from "../../src/dtype.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import * as methods from "../../src/ops/methods.ts";
import type { ReduceOptions } from "../../src/ops/reduction.ts";
import { sizeOf } from "../../src/plan/view.ts";
import { anyValue, ofRank } from "./choose.ts";
import { axesOf, axisOf, flag, integer, one, rankedShape, shape } from "./draw.ts";
import { inputIn, type Kind, type Signature } from "./input.ts";
import { type Draw, type Model, type Spec, type Specs, type Step, smallest, smallestNormal, spec } from "./spec.ts";

interface Options {
  readonly kind?: Kind;
  readonly dtypes?: readonly ComputeDType[];
  /** Whether there is no result for no entries. */
  readonly nonEmpty?: boolean;
  /** Whether values of longer programs, which may be of any size, are no operands. */
  readonly alone?: boolean;
}

const every: readonly ComputeDType[] = ["float32", "float32", "float32", "int32", "bool"];
const numbers: readonly ComputeDType[] = ["float32", "float32", "int32"];
const floats: readonly ComputeDType[] = ["float32"];

const extentOf = ({ shape }: Signature, axis: number): number => shape[axis < 0 ? axis + shape.length : axis];

interface Reduction {
  readonly f: (x: Tensor, options: ReduceOptions) => Tensor;
  /** Of reducing n entries to one. */
  readonly model: (n: number, options: ReduceOptions) => Model;
}

/** f(x, { axis, keepDim }) over one axis, some axes or all, where f may have drawn arguments. */
function drawn(make: (draw: Draw) => Reduction, options: Options = {}): Spec {
  const { kind = "moderate", dtypes = every, nonEmpty = false, alone = false } = options;
  return spec(
    (draw) => [draw(inputIn, one(draw, dtypes), shape(draw), kind)],
    (draw, [x]) => {
      const { f, model } = make(draw);
      const axes = [...x.shape.keys()].filter((axis) => !nonEmpty || x.shape[axis] > 0);
      const axis = axesOf(draw, axes, x.shape.length);
      const chosen = { ...(axis !== undefined && { axis }), ...(flag(draw) && { keepDim: true }) };
      const n = axis === undefined ? sizeOf(x.shape) : sizeOf([axis].flat().map((a) => extentOf(x, a)));
      return { call: (operand) => f(operand, chosen), model: model(n, chosen) };
    },
    alone ? undefined : anyValue,
  );
}

const reduction = (f: Reduction["f"], model: Reduction["model"], options?: Options): Spec =>
  drawn(() => ({ f, model }), options);

/**
 * (Σ (x − mean)² / (n − correction)), whose error is one of the mean square: the mean is off by n · 2⁻²⁴ of the mean size.
 */
function variance(draw: Draw, rooted: boolean): Reduction {
  const correction = integer(draw, 0, 2);
  const f = rooted ? methods.std : methods.var;
  const meanSquare = (x: Tensor, options: ReduceOptions, n: number): Tensor =>
    methods.div(methods.sum(methods.square(x), options), Math.max(n - correction, 0));
  return {
    f: (x, options) => f(x, { ...options, correction }),
    model: (n, options) => {
      const units = 12 * n + 32;
      if (!rooted) return { units, scale: (x) => meanSquare(x, options, n) };
      // |√a − √b| ≤ √|a − b|
      return { units: Math.sqrt(units * 2 ** 24), scale: (x) => methods.sqrt(meanSquare(x, options, n)) };
    },
  };
}

/** f(x) along one axis. */
function along(
  make: (draw: Draw, axis: number, extent: number) => Step,
  { kind = "any", dtypes = floats, nonEmpty = false, alone = false }: Options = {},
): Spec {
  const least = nonEmpty ? 1 : 0;
  return spec(
    (draw) => {
      const extents = rankedShape(draw).map((extent) => Math.max(least, extent));
      return [draw(inputIn, one(draw, dtypes), extents, kind)];
    },
    (draw, [x]) => {
      const axis = axisOf(draw, x.shape.length);
      return make(draw, axis, extentOf(x, axis));
    },
    alone
      ? undefined
      : (draw, values) =>
          ofRank(1)(
            draw,
            values.filter(({ size }) => size >= least),
          ),
  );
}

const exact = (): Model => "bits";

export const reductions: Specs = {
  sum: reduction(methods.sum, (n, options) => ({ units: 2 * n, scale: (x) => methods.sum(x, options) })),
  mean: reduction(methods.mean, (n, options) => ({
    units: 2 * n + 2,
    scale: (x) => methods.mean(x, options),
    absolute: smallest,
  })),
  prod: reduction(methods.prod, (n) => ({ units: 2 * n }), { kind: "nearOne", alone: true }),
  var: drawn((draw) => variance(draw, false), { dtypes: floats, kind: "ordinary" }),
  std: drawn((draw) => variance(draw, true), { dtypes: floats, kind: "ordinary" }),
  // Powers are so many units off; sums of n of them n more.
  norm: drawn(
    (draw) => {
      const ord = one(draw, ["fro", 0, 1, 2, 3, 0.5, -1, Infinity, -Infinity] as const);
      return { f: (x, options) => methods.norm(x, { ...options, ord }), model: (n) => ({ units: 16 * n + 128 }) };
    },
    { dtypes: numbers, nonEmpty: true, alone: true },
  ),
  max: reduction(methods.max, exact, { nonEmpty: true, kind: "any" }),
  min: reduction(methods.min, exact, { nonEmpty: true, kind: "any" }),
  any: reduction(methods.any, exact, { kind: "any" }),
  all: reduction(methods.all, exact, { kind: "any" }),
  // The largest entry and log n bound what is rounded; terms are summed that lie in [0, 1].
  logsumexp: reduction(
    methods.logsumexp,
    (n, options) => ({ units: 4 * n + 32, scale: (x) => methods.add(methods.max(x, options), 1) }),
    { nonEmpty: true, kind: "ordinary", dtypes: floats },
  ),
  argmax: along(
    (draw, axis) => {
      const options = { ...(flag(draw) && { axis }), keepDim: flag(draw) };
      return { call: (x) => methods.argmax(x, options), model: "bits" };
    },
    { nonEmpty: true, dtypes: every },
  ),
  argmin: along(
    (draw, axis) => {
      const options = { ...(flag(draw) && { axis }), keepDim: flag(draw) };
      return { call: (x) => methods.argmin(x, options), model: "bits" };
    },
    { nonEmpty: true, dtypes: every },
  ),
  softmax: along(
    (_draw, axis, extent) => ({
      call: (x) => methods.softmax(x, { axis }),
      model: { units: 2 * extent + 24, absolute: smallestNormal },
    }),
    { nonEmpty: true, kind: "moderate" },
  ),
  logSoftmax: along(
    (_draw, axis, extent) => ({
      call: (x) => methods.logSoftmax(x, { axis }),
      model: { units: 4 * extent + 32, scale: (x) => methods.add(methods.max(x, { axis, keepDim: true }), x.add(1)) },
    }),
    { nonEmpty: true, kind: "ordinary" },
  ),
  cumsum: along(
    (_draw, axis, extent) => ({
      call: (x) => methods.cumsum(x, axis),
      model: { units: 2 * extent, scale: (x) => methods.cumsum(x, axis) },
    }),
    { kind: "moderate", dtypes: every },
  ),
  cumprod: along((_draw, axis, extent) => ({ call: (x) => methods.cumprod(x, axis), model: { units: 2 * extent } }), {
    kind: "nearOne",
    dtypes: every,
  }),
  sort: along(
    (draw, axis) => {
      const descending = flag(draw);
      return {
        call: (x) => {
          const { values, indices } = methods.sort(x, { axis, descending });
          return [values, indices];
        },
        model: "bits",
      };
    },
    { dtypes: every },
  ),
  argsort: along(
    (draw, axis) => {
      const descending = flag(draw);
      return { call: (x) => methods.argsort(x, { axis, descending }), model: "bits" };
    },
    { dtypes: every },
  ),
  topK: along(
    (draw, axis, extent) => {
      const [k, largest] = [integer(draw, 1, extent), flag(draw)];
      return {
        call: (x) => {
          const { values, indices } = methods.topK(x, k, { axis, largest });
          return [values, indices];
        },
        model: "bits",
      };
    },
    { dtypes: every, nonEmpty: true },
  ),
};
