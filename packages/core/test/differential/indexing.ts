/** Computed places: gather, scatter, groups. */
import type { ComputeDType } from "../../src/dtype.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import * as functions from "../../src/ops/functions.ts";
import * as methods from "../../src/ops/methods.ts";
import { flag, integer, narrower, one, rankedShape, shape } from "./draw.ts";
import { boolInput, type Input, indexInput, inputIn, type Signature } from "./input.ts";
import { type Draw, type Model, type Spec, type Specs, spec } from "./spec.ts";

const dtypes: readonly ComputeDType[] = ["float32", "float32", "int32", "bool"];

/** The first axis of a shape with at least one entry. */
const filledAxis = (draw: Draw, least = 1): number[] => {
  const [first, ...rest] = rankedShape(draw, least);
  return [Math.max(1, first), ...rest];
};

/** A shape that fits into another, along every axis; axis 0 is as long as is drawn. */
const within = (draw: Draw, [, ...rest]: readonly number[]): number[] => [
  integer(draw, 0, 4),
  ...rest.map((extent) => integer(draw, Math.min(1, extent), extent)),
];

/** A source, and indices into its axis 0. */
function lookup(
  places: (draw: Draw, source: readonly number[]) => readonly number[],
  f: (x: Tensor, index: Tensor) => Tensor,
): Spec {
  return spec(
    (draw) => {
      const source = filledAxis(draw);
      return [draw(inputIn, one(draw, dtypes), source, "any"), draw(indexInput, places(draw, source), source[0])];
    },
    () => ({ call: (x, index) => f(x, index), model: "bits" }),
  );
}

/** A target, indices into its axis 0, and values. */
function placement(
  types: readonly ComputeDType[],
  f: (x: Tensor, index: Tensor, values: Tensor) => Tensor,
  model: (index: Signature) => Model,
): Spec {
  return spec(
    (draw) => {
      const dtype = one(draw, types);
      const target = filledAxis(draw);
      const places = within(draw, target);
      return [
        draw(inputIn, dtype, target, "moderate"),
        draw(indexInput, places, target[0]),
        draw(inputIn, dtype, places, "moderate"),
      ];
    },
    (_draw, [, index]) => ({ call: (x, places, values) => f(x, places, values), model: model(index) }),
  );
}

/** Ids [n] of a few groups; none of some. */
function grouped(f: (ids: Tensor, groups: number) => Tensor | readonly Tensor[]): Spec {
  return spec(
    (draw) => [draw(indexInput, [integer(draw, 0, 50)], 7)],
    (draw) => {
      const groups = integer(draw, 7, 9);
      return { call: (ids) => f(ids, groups), model: "bits" };
    },
  );
}

export const indexing: Specs = {
  take: lookup((draw) => shape(draw).slice(0, 2), methods.take),
  indexSelect: lookup(
    (draw) => [integer(draw, 0, 5)],
    (x, index) => methods.indexSelect(x, 0, index),
  ),
  gather: lookup(within, (x, index) => methods.gather(x, 0, index)),
  takeAlongAxis: lookup(
    (draw, [, ...rest]) => [integer(draw, 0, 4), ...rest.map((extent) => (flag(draw) ? 1 : extent))],
    (x, index) => methods.takeAlongAxis(x, index, 0),
  ),
  scatter: placement(
    ["float32", "int32"],
    (x, index, values) => methods.scatter(x, 0, index, values),
    () => "bits",
  ),
  scatterAdd: placement(
    ["float32"],
    (x, index, values) => methods.scatterAdd(x, 0, index, values),
    ({ shape: [n] }) => ({
      units: 2 * n + 2,
      scale: (x, index, values) => methods.scatterAdd(x, 0, index, values),
    }),
  ),
  indexAdd: spec(
    (draw) => {
      const [rows, ...rest] = filledAxis(draw);
      const n = integer(draw, 0, 6);
      const floats = (extents: readonly number[]): Input => draw(inputIn, "float32", extents, "moderate");
      return [floats([rows, ...rest]), draw(indexInput, [n], rows), floats([n, ...rest])];
    },
    (
      _draw,
      [
        ,
        {
          shape: [n],
        },
      ],
    ) => ({
      call: (x, index, values) => methods.indexAdd(x, 0, index, values),
      model: { units: 2 * n + 2, scale: (x, index, values) => methods.indexAdd(x, 0, index, values) },
    }),
  ),
  maskedFill: spec(
    (draw) => {
      const target = shape(draw);
      return [
        draw(inputIn, one(draw, ["float32", "int32"] as const), target, "any"),
        draw(boolInput, narrower(draw, target)),
      ];
    },
    (draw) => {
      const value = integer(draw, -3, 3);
      return { call: (x, mask) => methods.maskedFill(x, mask, value), model: "bits" };
    },
  ),
  segmentSum: spec(
    (draw) => {
      const [n, ...rest] = rankedShape(draw);
      return [draw(inputIn, "float32", [n, ...rest], "moderate"), draw(indexInput, [n], 5)];
    },
    (
      _draw,
      [
        {
          shape: [n],
        },
      ],
    ) => ({
      call: (values, ids) => methods.segmentSum(values, ids, 6),
      model: { units: 2 * n, scale: (values, ids) => methods.segmentSum(values, ids, 6) },
    }),
  ),
  groupBy: grouped((ids, groups) => {
    const { permutation, offsets } = functions.groupBy(ids, groups);
    return [permutation, offsets];
  }),
  histogram: grouped(functions.histogram),
  oneHot: spec(
    (draw) => [draw(inputIn, "int32", shape(draw).slice(0, 5), "any")],
    (draw) => {
      const classes = integer(draw, 0, 5);
      return { call: (x) => functions.oneHot(x, classes), model: "bits" };
    },
  ),
};
