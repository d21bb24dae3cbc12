/** Computed places: gather, scatter, groups, order. */
import { groupBy, histogram, oneHot, scatterAdd, tensor } from "../../src/index.ts";
import * as methods from "../../src/ops/methods.ts";
import { type Examples, int, unary, x23, x32 } from "./example.ts";

export const indexing: Examples = {
  gather: [
    unary((x) => methods.gather(x, 1, tensor(Int32Array.of(2, 0, 2, 1), { shape: [2, 2] })), x23, [
      [2, 0.5],
      [-0.5, 0.75],
    ]),
  ],
  take: [
    unary((x) => methods.take(x, int(2, 0, 2)), x32, [
      [0.25, -3],
      [1, 2],
      [0.25, -3],
    ]),
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
  ],

  scatterAdd: [
    {
      inputs: [x32],
      call: (v) => scatterAdd(int(1, 1, 3), v, 4),
      result: [
        [0, 0],
        [0, 2.5],
        [0, 0],
        [0.25, -3],
      ],
    },
  ],
  oneHot: [
    {
      inputs: [],
      call: () => oneHot(int(1, 0), 3),
      result: [
        [false, true, false],
        [true, false, false],
      ],
    },
  ],
  histogram: [{ inputs: [], call: () => histogram(int(1, 0, 1), 3), result: [1, 2, 0] }],
  groupBy: [
    { inputs: [], call: () => groupBy(int(2, 0, 2, 1), 3).permutation, result: [1, 3, 0, 2] },
    { inputs: [], call: () => groupBy(int(2, 0, 2, 0), 4).offsets, result: [0, 2, 2, 4, 4] },
  ],
};
