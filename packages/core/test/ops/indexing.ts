/** Computed places: gather, scatter, groups. */
import { groupBy, histogram, oneHot, tensor } from "../../src/index.ts";
import * as methods from "../../src/ops/methods.ts";
import { binary, type Examples, int, unary, x23, x32 } from "./example.ts";

export const indexing: Examples = {
  gather: [
    unary((x) => methods.gather(x, 1, tensor(Int32Array.of(2, 0, 2, 1), { shape: [2, 2] })), x23, [
      [2, 0.5],
      [-0.5, 0.75],
    ]),
    unary((x) => methods.gather(x, 0, tensor(Int32Array.of(1, 0, 1), { shape: [3, 1] })), x23, [[3], [0.5], [3]]),
  ],
  take: [
    unary((x) => methods.take(x, int(2, 0, 2)), x32, [
      [0.25, -3],
      [1, 2],
      [0.25, -3],
    ]),
  ],
  takeAlongAxis: [
    unary((x) => methods.takeAlongAxis(x, tensor(Int32Array.of(2, 1), { shape: [1, 2] }), 1), x23, [
      [2, -1.25],
      [-0.5, 0.75],
    ]),
    unary((x) => methods.takeAlongAxis(x, int(5, 0)), x23, [-0.5, 0.5]),
  ],
  indexSelect: [
    unary((x) => methods.indexSelect(x, 1, int(2, 0, 2)), x23, [
      [2, 0.5, 2],
      [-0.5, 3, -0.5],
    ]),
  ],
  indexAdd: [
    binary(
      (x, v) => methods.indexAdd(x, 1, int(2, 0, 2), v),
      x23,
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      [
        [2.5, -1.25, 6],
        [8, 0.75, 9.5],
      ],
    ),
  ],
  scatter: [
    binary(
      (x, v) => methods.scatter(x, 1, tensor(Int32Array.of(2, 0, 0, 0), { shape: [2, 2] }), v),
      x23,
      [
        [1, 2],
        [4, 5],
      ],
      [
        [2, -1.25, 1],
        [5, 0.75, -0.5],
      ],
    ),
    unary((x) => methods.scatter(x, 0, tensor(Int32Array.of(1, 0), { shape: [1, 2] }), 7), x23, [
      [0.5, 7, 2],
      [7, 0.75, -0.5],
    ]),
  ],
  scatterAdd: [
    binary(
      (x, v) => methods.scatterAdd(x, 1, tensor(Int32Array.of(2, 0, 0, 0), { shape: [2, 2] }), v),
      x23,
      [
        [1, 2],
        [4, 5],
      ],
      [
        [2.5, -1.25, 3],
        [12, 0.75, -0.5],
      ],
    ),
  ],
  segmentSum: [
    unary((v) => methods.segmentSum(v, int(1, 1, 3), 4), x32, [
      [0, 0],
      [0, 2.5],
      [0, 0],
      [0.25, -3],
    ]),
  ],
  maskedFill: [
    binary((x, v) => methods.maskedFill(x, tensor([true, false, true]), v), x23, 9, [
      [9, -1.25, 9],
      [9, 0.75, 9],
    ]),
    unary((x) => methods.maskedFill(x, tensor([[true], [false]]), -1), x23, [
      [-1, -1, -1],
      [3, 0.75, -0.5],
    ]),
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
