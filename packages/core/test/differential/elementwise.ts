/** Element by element. */
import type { ComputeDType } from "../../src/dtype.ts";
import type { Tensor, TensorLike } from "../../src/graph/tensor.ts";
import * as functions from "../../src/ops/functions.ts";
import * as methods from "../../src/ops/methods.ts";
import { anyValue, broadcastPair } from "./choose.ts";
import { flag, integer, narrower, one, shape } from "./draw.ts";
import { inputIn, type Kind } from "./input.ts";
import { type Draw, type Model, type Spec, type Specs, smallestNormal, spec } from "./spec.ts";

interface Options {
  readonly kind?: Kind;
  readonly dtypes?: readonly ComputeDType[];
  readonly model?: Model;
}

const every: readonly ComputeDType[] = ["float32", "float32", "float32", "int32", "bool"];
const numbers: readonly ComputeDType[] = ["float32", "float32", "int32"];

/** So many units in the last place. */
const ulps = (count: number): Model => ({ units: 2 * count, absolute: smallestNormal });

/** f(x), where f may have drawn arguments. */
function unary(make: (draw: Draw) => (x: Tensor) => Tensor, options: Options = {}): Spec {
  const { kind = "any", dtypes = ["float32"], model = "bits" } = options;
  return spec(
    (draw) => [draw(inputIn, one(draw, dtypes), shape(draw), kind)],
    (draw) => {
      const f = make(draw);
      return { call: (x) => f(x), model };
    },
    anyValue,
  );
}

const map = (f: (x: TensorLike) => Tensor, options: Options = {}): Spec => unary(() => f, options);

/** f(a, b) of shapes that broadcast, now and then with a number. */
function binary(f: (a: TensorLike, b: TensorLike) => Tensor, options: Options = {}): Spec {
  const { kind = "any", dtypes = every, model = "bits" } = options;
  return spec(
    (draw) => {
      const target = shape(draw);
      return [0, 1].map(() => draw(inputIn, one(draw, dtypes), narrower(draw, target), kind));
    },
    (draw, [a, b]) => {
      if (integer(draw, 0, 3) < 3) return { call: (x, y) => f(x, y), model };
      const left = flag(draw);
      const number = integer(draw, -3, 3) * ((left ? b : a).dtype === "float32" ? 0.75 : 1);
      return { call: left ? (_x, y) => f(number, y) : (x) => f(x, number), model };
    },
    broadcastPair,
  );
}

const exponents = [0, 1, 2, 3, 5, -1, -2, 0.5, -0.5, 1.7, -2.3];

/** f(x) by a polynomial or a table: so many units off, of floats and of integers. */
const elementary = (f: (x: TensorLike) => Tensor, count: number, kind: Kind = "any"): Spec =>
  map(f, { kind, dtypes: numbers, model: ulps(count) });

/** Of three shapes that broadcast. */
function ternary(types: readonly (readonly ComputeDType[])[], f: (a: Tensor, b: Tensor, c: Tensor) => Tensor): Spec {
  return spec(
    (draw) => {
      const target = shape(draw);
      return types.map((dtypes) => draw(inputIn, one(draw, dtypes), narrower(draw, target), "any"));
    },
    () => ({ call: (a, b, c) => f(a, b, c), model: "bits" }),
  );
}

export const elementwise: Specs = {
  abs: map(methods.abs, { dtypes: every }),
  neg: map(methods.neg, { dtypes: every }),
  sign: map(methods.sign, { dtypes: every }),
  square: map(methods.square, { dtypes: every }),
  floor: map(methods.floor, { dtypes: every }),
  ceil: map(methods.ceil, { dtypes: every }),
  trunc: map(methods.trunc, { dtypes: every }),
  round: unary(
    (draw) => {
      const decimals = integer(draw, -2, 3);
      return (x) => methods.round(x, { decimals });
    },
    { dtypes: every },
  ),
  sqrt: map(methods.sqrt, { dtypes: numbers }),
  rsqrt: map(methods.rsqrt, { dtypes: numbers }),
  reciprocal: map(methods.reciprocal, { dtypes: numbers }),
  isFinite: map(methods.isFinite, { dtypes: every }),
  isInf: map(methods.isInf, { dtypes: every }),
  isNaN: map(methods.isNaN, { dtypes: every }),
  nanToNum: unary(
    (draw) => {
      const [nan, posInf] = [integer(draw, -2, 2), integer(draw, -2, 2)];
      return (x) => methods.nanToNum(x, { nan, posInf });
    },
    { dtypes: every },
  ),
  logicalNot: map(methods.logicalNot, { dtypes: every }),
  detach: map(methods.detach, { dtypes: every }),
  cast: unary(
    (draw) => {
      const dtype = one(draw, every);
      return (x) => methods.cast(x, dtype);
    },
    { dtypes: every },
  ),

  exp: elementary(methods.exp, 4),
  exp2: elementary(methods.exp2, 4),
  expm1: elementary(methods.expm1, 4),
  log: elementary(methods.log, 4),
  log2: elementary(methods.log2, 4),
  log10: elementary(methods.log10, 4),
  log1p: elementary(methods.log1p, 6),
  erf: elementary(methods.erf, 8),
  sigmoid: elementary(methods.sigmoid, 8),
  tanh: elementary(methods.tanh, 8),
  sinh: elementary(methods.sinh, 16),
  cosh: elementary(methods.cosh, 12),
  asinh: elementary(methods.asinh, 12),
  acosh: elementary(methods.acosh, 10),
  atanh: elementary(methods.atanh, 10),
  asin: elementary(methods.asin, 8),
  acos: elementary(methods.acos, 8),
  atan: elementary(methods.atan, 4),
  // Absolute: near a multiple of π / 2 the result is the rounding of the argument. Of larger arguments all is rounding.
  sin: map(methods.sin, { kind: "moderate", model: { units: 0, absolute: 2 ** -20 } }),
  cos: map(methods.cos, { kind: "moderate", model: { units: 0, absolute: 2 ** -20 } }),
  // Near a pole the error of the cosine is divided by its square: 1 + tan².
  tan: map(methods.tan, {
    kind: "moderate",
    model: { units: 64, scale: (x) => methods.add(methods.square(methods.tan(x)), 1) },
  }),

  relu: map(methods.relu, { dtypes: every }),
  relu6: map(methods.relu6, { dtypes: every }),
  softsign: map(methods.softsign, { dtypes: numbers }),
  hardSigmoid: map(methods.hardSigmoid, { dtypes: numbers }),
  hardSwish: map(methods.hardSwish, { dtypes: numbers }),
  leakyRelu: unary(
    (draw) => {
      const slope = integer(draw, -2, 2) / 3;
      return (x) => methods.leakyRelu(x, { slope });
    },
    { dtypes: numbers },
  ),
  elu: unary(
    (draw) => {
      const alpha = integer(draw, -2, 2) / 3;
      return (x) => methods.elu(x, { alpha });
    },
    { dtypes: numbers, model: ulps(6) },
  ),
  selu: elementary(methods.selu, 8),
  silu: elementary(methods.silu, 9),
  softplus: elementary(methods.softplus, 14),
  logSigmoid: elementary(methods.logSigmoid, 14),
  mish: elementary(methods.mish, 28),
  // By erf: 1 + erf cancels where x is negative, so that the error is one of x.
  gelu: unary(
    (draw) => {
      const approximate = one(draw, ["none", "tanh"] as const);
      return (x) => methods.gelu(x, { approximate });
    },
    { dtypes: numbers, model: { units: 24, scale: (x) => x, absolute: smallestNormal } },
  ),

  add: binary(methods.add),
  sub: binary(methods.sub),
  mul: binary(methods.mul),
  div: binary(methods.div),
  maximum: binary(methods.maximum),
  minimum: binary(methods.minimum),
  floorDivide: binary(methods.floorDivide, { dtypes: numbers }),
  mod: binary(methods.mod, { dtypes: numbers }),
  eq: binary(methods.eq),
  ne: binary(methods.ne),
  lt: binary(methods.lt),
  le: binary(methods.le),
  gt: binary(methods.gt),
  ge: binary(methods.ge),
  logicalAnd: binary(methods.logicalAnd),
  logicalOr: binary(methods.logicalOr),
  logicalXor: binary(methods.logicalXor),
  isClose: binary((a, b) => methods.isClose(a, b, { rtol: 0.1, equalNan: true })),
  allClose: binary((a, b) => methods.allClose(a, b, { rtol: 1 })),
  atan2: binary(methods.atan2, { dtypes: numbers, model: ulps(4) }),
  // max + log(1 + e^−|a − b|) cancels where the larger is about −log 2.
  logaddexp: binary(methods.logaddexp, {
    dtypes: numbers,
    model: { units: 16, scale: (a, b) => methods.add(methods.cast(methods.maximum(a, b), "float64"), 1) },
  }),
  pow: spec(
    (draw) => {
      const target = shape(draw);
      return [0, 1].map(() => draw(inputIn, one(draw, numbers), narrower(draw, target), "moderate"));
    },
    (draw) => {
      const exponent = one(draw, exponents);
      const call = flag(draw) ? (x: Tensor, y: Tensor) => methods.pow(x, y) : (x: Tensor) => methods.pow(x, exponent);
      return { call, model: ulps(4) };
    },
    broadcastPair,
  ),
  clamp: unary(
    (draw) => {
      const [min, max] = [integer(draw, -8, 8), integer(draw, -8, 8)];
      const bounds = one(draw, [{ min }, { max }, { min, max }]);
      return (x) => methods.clamp(x, bounds);
    },
    { dtypes: numbers },
  ),
  lerp: ternary([["float32"], ["float32"], ["float32"]], methods.lerp),
  where: ternary([["bool"], every, every], functions.where),
};
