/** Matrix products. */
import { groupedMatmul } from "../../src/index.ts";
import * as methods from "../../src/ops/methods.ts";
import { binary, type Examples, int, x23, x32 } from "./example.ts";

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
  ],
};
