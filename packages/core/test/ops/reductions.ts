/** Along axes: sums, extremes, places, softmax. */
import * as methods from "../../src/ops/methods.ts";
import { type Examples, unary, x23 } from "./example.ts";

export const reductions: Examples = {
  all: [unary(methods.all, [1, 0], false, false)],
  any: [unary(methods.any, [1, 0], true, false)],
  argmax: [unary((x) => methods.argmax(x, { axis: 1 }), x23, [2, 0], false)],
  argmin: [unary((x) => methods.argmin(x, { axis: 0 }), x23, [0, 0, 1], false)],
  logSoftmax: [unary((x) => methods.logSoftmax(x), [[1, 2]], [[-1.313262, -0.313262]])],
  logsumexp: [unary((x) => methods.logsumexp(x, { axis: 1 }), x23, [2.232622, 3.127158])],
  max: [unary((x) => methods.max(x, { axis: 1 }), x23, [2, 3]), unary((x) => methods.max(x, { axis: 0 }), 3, 3)],
  mean: [unary((x) => methods.mean(x, { axis: 0 }), x23, [1.75, -0.25, 0.75])],
  min: [unary((x) => methods.min(x), x23, -1.25)],
  norm: [
    unary((x) => methods.norm(x), x23, 3.95285),
    unary((x) => methods.norm(x, { axis: 1, keepDim: true }), x23, [[2.41091], [3.132491]]),
    unary((x) => methods.norm(x, { ord: 1, axis: 0 }), x23, [3.5, 2, 2.5]),
    unary((x) => methods.norm(x, { ord: 3, axis: 0 }), x23, [3.004623, 1.334201, 2.010363]),
    unary((x) => methods.norm(x, { ord: Number.POSITIVE_INFINITY, axis: 1 }), x23, [2, 3]),
    unary((x) => methods.norm(x, { ord: Number.NEGATIVE_INFINITY, axis: 1 }), x23, [0.5, 0.5]),
    unary((x) => methods.norm(x, { ord: 0 }), [0, 3, Number.NaN], 2, false),
  ],
  prod: [
    unary((x) => methods.prod(x, { axis: 1 }), x23, [-1.25, -1.125]),
    unary((x) => methods.prod(x), [2, 0, 3], 0),
    unary((x) => methods.prod(x, { axis: [2, 0], keepDim: true }), [[[0, 2]], [[3, 0]]], [[[0]]]),
    unary((x) => methods.prod(x), [], 1),
  ],
  softmax: [
    unary((x) => methods.softmax(x, { axis: 0 }), 3, 1),
    unary(
      (x) => methods.softmax(x, { axis: 0 }),
      [
        [0, 1],
        [0, 2],
      ],
      [
        [0.5, 0.268941],
        [0.5, 0.731059],
      ],
    ),
  ],
  std: [
    unary((x) => methods.std(x, { axis: 1 }), x23, [1.626602, 1.77365]),
    unary((x) => methods.std(x, { correction: 0 }), x23, 1.428869),
  ],
  sum: [
    unary((x) => methods.sum(x), x23, 4.5),
    unary((x) => methods.sum(x, { axis: [0], keepDim: true }), x23, [[3.5, -0.5, 1.5]]),
  ],
  var: [
    unary((x) => methods.var(x), x23, 2.45),
    unary((x) => methods.var(x, { axis: 0, correction: 0, keepDim: true }), x23, [[1.5625, 1, 1.5625]]),
  ],
};
