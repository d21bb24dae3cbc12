/** Element by element: arithmetic, comparison, elementary functions, activations. */
import { tensor, where } from "../../src/index.ts";
import * as methods from "../../src/ops/methods.ts";
import { binary, type Examples, int, unary, x23 } from "./example.ts";

export const elementwise: Examples = {
  abs: [unary(methods.abs, [-2, 0.5], [2, 0.5])],
  add: [
    binary(
      methods.add,
      x23,
      [1, 2, 3],
      [
        [1.5, 0.75, 5],
        [4, 2.75, 2.5],
      ],
    ),
  ],
  cast: [unary((x) => methods.cast(x, "int32"), [1.9, -1.9], [1, -1], false)],
  clamp: [unary((x) => methods.clamp(x, { min: -1, max: 1 }), [-2, 0.5, 3], [-1, 0.5, 1])],
  cos: [unary(methods.cos, [0, 1], [1, 0.540302])],
  detach: [unary(methods.detach, [1, 2], [1, 2], false)],
  div: [binary(methods.div, [1, 2, 3], [2, -4, 8], [0.5, -0.5, 0.375])],
  eq: [binary(methods.eq, [1, 2], [1, 3], [true, false], false)],
  exp: [unary(methods.exp, [0, 1, -1], [1, Math.E, 1 / Math.E])],
  floor: [unary(methods.floor, [1.5, -1.5], [1, -2], false)],
  floorDivide: [{ inputs: [], call: () => methods.floorDivide(int(7, -7, 5), int(2, 2, 0)), result: [3, -4, 0] }],
  ge: [binary(methods.ge, [1, 2], [2, 2], [false, true], false)],
  gt: [binary(methods.gt, [1, 3], [2, 2], [false, true], false)],
  isFinite: [unary(methods.isFinite, [1, Number.POSITIVE_INFINITY, Number.NaN], [true, false, false], false)],
  le: [binary(methods.le, [1, 3], [2, 2], [true, false], false)],
  log: [unary(methods.log, [1, 2], [0, Math.LN2])],
  logicalAnd: [binary(methods.logicalAnd, [1, 1, 0], [2, 0, 0], [true, false, false], false)],
  logicalNot: [unary(methods.logicalNot, [1, 0], [false, true], false)],
  logicalOr: [binary(methods.logicalOr, [1, 1, 0], [2, 0, 0], [true, true, false], false)],
  lt: [binary(methods.lt, [1, 3], [2, 2], [true, false], false)],
  maximum: [binary(methods.maximum, [1, 3], [2, 2], [2, 3])],
  minimum: [binary(methods.minimum, [1, 3], [2, 2], [1, 2])],
  mod: [{ inputs: [], call: () => methods.mod(int(7, -7, 5), int(3, 3, 0)), result: [1, 2, 0] }],
  mul: [
    binary(
      methods.mul,
      x23,
      [[2], [-1]],
      [
        [1, -2.5, 4],
        [-3, -0.75, 0.5],
      ],
    ),
  ],
  ne: [binary(methods.ne, [1, 2], [1, 3], [false, true], false)],
  neg: [unary(methods.neg, [1, -2], [-1, 2])],
  pow: [
    unary((x) => methods.pow(x, 3), [2, -1], [8, -1]),
    unary((x) => methods.pow(x, -0.5), [4, 0.25], [0.5, 2]),
    unary((x) => methods.pow(x, 65), [-1, 1], [-1, 1]),
    unary((x) => methods.pow(x, 1.7), [2, 0.5], [3.24901, 0.307786]),
    unary((x) => methods.pow(x, 0), [2, 0], [1, 1], false),
  ],
  reciprocal: [unary(methods.reciprocal, [2, -0.5], [0.5, -2])],
  relu: [unary(methods.relu, [-1, 2], [0, 2])],
  rsqrt: [unary(methods.rsqrt, [4, 0.25], [0.5, 2])],
  sigmoid: [unary(methods.sigmoid, [0, 2], [0.5, 0.880797])],
  sign: [unary(methods.sign, [-2, 3], [-1, 1], false)],
  silu: [unary(methods.silu, [0, 2], [0, 1.761594])],
  sin: [unary(methods.sin, [0, 1], [0, 0.841471])],
  sqrt: [unary(methods.sqrt, [4, 0.25], [2, 0.5])],
  square: [unary(methods.square, [2, -0.5], [4, 0.25])],
  sub: [
    binary(
      methods.sub,
      [1, 2],
      [[1], [0.5]],
      [
        [0, 1],
        [0.5, 1.5],
      ],
    ),
  ],
  tanh: [unary(methods.tanh, [0, 1], [0, 0.761594])],

  where: [
    {
      inputs: [
        [1, 2],
        [3, 4],
      ],
      call: (a, b) => where(tensor([true, false]), a, b),
      result: [1, 4],
    },
  ],
};
