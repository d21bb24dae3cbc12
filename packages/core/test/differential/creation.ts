/** Tensors from nothing: exact, random numbers too. */
import type { ComputeDType } from "../../src/dtype.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import * as functions from "../../src/ops/functions.ts";
import { Generator } from "../../src/ops/random.ts";
import { flag, integer, one, shape } from "./draw.ts";
import { inputIn } from "./input.ts";
import { type Draw, type Model, type Spec, type Specs, spec } from "./spec.ts";

const dtypes: readonly ComputeDType[] = ["float32", "int32", "bool"];

function made(make: (draw: Draw) => () => Tensor, model: Model = "bits"): Spec {
  return spec(
    () => [],
    (draw) => ({ call: make(draw), model }),
  );
}

/** In the shape of an operand. */
function alike(make: (draw: Draw) => (x: Tensor) => Tensor): Spec {
  return spec(
    (draw) => [draw(inputIn, one(draw, dtypes), shape(draw), "any")],
    (draw) => {
      const f = make(draw);
      return { call: (x) => f(x), model: "bits" };
    },
  );
}

/** Drawn by a generator that starts anew on each backend. */
function random(make: (draw: Draw) => (generator: Generator) => Tensor): Spec {
  return made((draw) => {
    const [seed, f] = [integer(draw, 0, 1000), make(draw)];
    return () => f(new Generator(seed));
  });
}

export const creation: Specs = {
  zeros: made((draw) => {
    const [extents, dtype] = [shape(draw), one(draw, dtypes)];
    return () => functions.zeros(extents, { dtype });
  }),
  ones: made((draw) => {
    const [extents, dtype] = [shape(draw), one(draw, dtypes)];
    return () => functions.ones(extents, { dtype });
  }),
  full: made((draw) => {
    const [extents, value, dtype] = [shape(draw), integer(draw, -3, 3), one(draw, ["float32", "int32"] as const)];
    return () => functions.full(extents, value, { dtype });
  }),
  zerosLike: alike(() => functions.zerosLike),
  onesLike: alike(() => functions.onesLike),
  fullLike: alike((draw) => {
    const value = integer(draw, 0, 1);
    return (x) => functions.fullLike(x, value);
  }),
  arange: made((draw) => {
    const [start, stop, step] = [integer(draw, -9, 9), integer(draw, -9, 9), one(draw, [1, 2, -1, 0.3, -0.7])];
    return flag(draw) ? () => functions.arange(start, stop, step) : () => functions.arange(start, stop);
  }),
  linspace: made((draw) => {
    const [start, stop, n] = [integer(draw, -9, 9), integer(draw, -9, 9), integer(draw, 0, 40)];
    return () => functions.linspace(start / 7, stop, n);
  }),
  eye: made((draw) => {
    const [n, m, dtype] = [integer(draw, 0, 6), integer(draw, 0, 6), one(draw, dtypes)];
    return () => functions.eye(n, m, { dtype });
  }),
  uniform: random((draw) => {
    const [extents, low, high] = [shape(draw), integer(draw, -3, 0), integer(draw, 1, 3)];
    return flag(draw)
      ? (generator) => functions.uniform(extents, { generator })
      : (generator) => functions.uniform(extents, { low, high, generator });
  }),
  normal: random((draw) => {
    const [extents, mean, std] = [shape(draw), integer(draw, -3, 3), integer(draw, 0, 3)];
    return flag(draw)
      ? (generator) => functions.normal(extents, { generator })
      : (generator) => functions.normal(extents, { mean, std, generator });
  }),
  bernoulli: random((draw) => {
    const [extents, p] = [shape(draw), integer(draw, 0, 4) / 4];
    return (generator) => functions.bernoulli(extents, p, { generator });
  }),
  randint: random((draw) => {
    const [extents, low, high] = [shape(draw), integer(draw, -9, 0), one(draw, [1, 2, 7, 2 ** 31 - 1])];
    return (generator) => functions.randint(extents, { low, high, generator });
  }),
  permutation: random((draw) => {
    const n = integer(draw, 0, 300);
    return (generator) => functions.permutation(n, { generator });
  }),
};
