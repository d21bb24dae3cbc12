/** Matrix products. */
import { groupedMatmul } from "../../src/index.ts";
import { einsum } from "../../src/ops/einsum.ts";
import * as methods from "../../src/ops/methods.ts";
import { binary, type Examples, int, unary, x23, x32 } from "./example.ts";

export const products: Examples = {
  groupedMatmul: [
    binary(
      (x, w) => groupedMatmul(x, w, int(0, 1, 1, 2)),
      x23,
      [
        x32,
        x32,
        [
          [-1, -2],
          [1, -0.5],
          [-0.25, 3],
        ],
      ],
      [
        [2.25, -5.625],
        [-2.125, -7.875],
      ],
    ),
  ],
  matmul: [
    binary(methods.matmul, x23, x32, [
      [2.25, -5.625],
      [2.125, 7.875],
    ]),
    binary(methods.matmul, [x23, x23], x32, [
      [
        [2.25, -5.625],
        [2.125, 7.875],
      ],
      [
        [2.25, -5.625],
        [2.125, 7.875],
      ],
    ]),
    binary(
      methods.matmul,
      [[x23], [x23]],
      [x32, x32],
      [
        [
          [
            [2.25, -5.625],
            [2.125, 7.875],
          ],
          [
            [2.25, -5.625],
            [2.125, 7.875],
          ],
        ],
        [
          [
            [2.25, -5.625],
            [2.125, 7.875],
          ],
          [
            [2.25, -5.625],
            [2.125, 7.875],
          ],
        ],
      ],
    ),
    binary(methods.matmul, x23, [1, 2, 3], [4, 3]),
    binary(methods.matmul, [1, 2], x23, [6.5, 0.25, 1]),
    binary(methods.matmul, [1, 2], [3, 4], 11),
  ],
  dot: [binary(methods.dot, [1, 2], [3, 4], 11)],
  outer: [
    binary(
      methods.outer,
      [1, 2],
      [3, 4, 5],
      [
        [3, 4, 5],
        [6, 8, 10],
      ],
    ),
  ],
  tensordot: [
    binary((a, b) => methods.tensordot(a, b), x23, x23, 15.625),
    binary((a, b) => methods.tensordot(a, b, [[0], [1]]), x23, x32, [
      [6.5, 1, -8.875],
      [0.25, 1.625, -2.5625],
      [1, -2.25, 2],
    ]),
  ],
  einsum: [
    binary((a, b) => einsum("ij,jk->ki", a, b), x23, x32, [
      [2.25, 2.125],
      [-5.625, 7.875],
    ]),
    binary((a, b) => einsum("ij, ij", a, b), x23, x23, 15.625),
    unary((x) => einsum("ii->i", einsum("ij,kj", x, x)), x23, [5.8125, 9.8125]),
    unary((x) => einsum("...j->...", x), x23, [1.25, 3.25]),
    {
      inputs: [x23, [1, 2], [3, 4, 5]],
      call: (a, b, c) => einsum("ij,i,j", a, b, c),
      result: 25.5,
    },
  ],
};
