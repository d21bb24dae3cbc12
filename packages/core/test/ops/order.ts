/** Order and running totals along an axis. */
import * as methods from "../../src/ops/methods.ts";
import { type Examples, unary, x23 } from "./example.ts";

export const order: Examples = {
  argsort: [
    unary(
      (x) => methods.argsort(x),
      x23,
      [
        [1, 0, 2],
        [2, 1, 0],
      ],
      false,
    ),
    unary(
      (x) => methods.argsort(x, { axis: 0, descending: true }),
      [
        [1, 2],
        [1, 3],
      ],
      [
        [0, 1],
        [1, 0],
      ],
      false,
    ),
    unary((x) => methods.argsort(x), 3, 0, false),
  ],
  cumprod: [
    unary((x) => methods.cumprod(x, 1), x23, [
      [0.5, -0.625, -1.25],
      [3, 2.25, -1.125],
    ]),
    unary((x) => methods.cumprod(x, -1), [2, 0, 3, 0, 5], [2, 0, 0, 0, 0]),
    unary((x) => methods.cumprod(x, 0), 3, 3),
  ],
  cumsum: [
    unary((x) => methods.cumsum(x, 0), x23, [
      [0.5, -1.25, 2],
      [3.5, -0.5, 1.5],
    ]),
    unary((x) => methods.cumsum(x, -1), x23, [
      [0.5, -0.75, 1.25],
      [3, 3.75, 3.25],
    ]),
    unary((x) => methods.cumsum(x, 0), 3, 3),
  ],
  sort: [
    unary((x) => methods.sort(x).values, x23, [
      [-1.25, 0.5, 2],
      [-0.5, 0.75, 3],
    ]),
    unary((x) => methods.sort(x, { axis: 0, descending: true }).values, x23, [
      [3, 0.75, 2],
      [0.5, -1.25, -0.5],
    ]),
    unary((x) => methods.sort(x, { descending: true }).indices, [1, 2, 1, Number.NaN, 2], [3, 1, 4, 0, 2], false),
    unary((x) => methods.sort(x).values, 3, 3),
  ],
  topK: [
    unary((x) => methods.topK(x, 2).values, x23, [
      [2, 0.5],
      [3, 0.75],
    ]),
    unary(
      (x) => methods.topK(x, 2).indices,
      x23,
      [
        [2, 0],
        [0, 1],
      ],
      false,
    ),
    unary((x) => methods.topK(x, 1, { axis: 0, largest: false }).values, x23, [[0.5, -1.25, -0.5]]),
    unary((x) => methods.topK(x, 2, { largest: false }).indices, [Number.NaN, 3, 1], [2, 1], false),
  ],
};
