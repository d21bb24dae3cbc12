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
  max: [unary((x) => methods.max(x, { axis: 1 }), x23, [2, 3])],
  mean: [unary((x) => methods.mean(x, { axis: 0 }), x23, [1.75, -0.25, 0.75])],
  min: [unary((x) => methods.min(x), x23, -1.25)],
  softmax: [
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
  sum: [
    unary((x) => methods.sum(x), x23, 4.5),
    unary((x) => methods.sum(x, { axis: [0], keepDim: true }), x23, [[3.5, -0.5, 1.5]]),
  ],
};
