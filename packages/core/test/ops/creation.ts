/** Tensors from nothing. */

import { arange, eye, full, ones, onesLike, zeros, zerosLike } from "../../src/index.ts";
import type { Examples } from "./example.ts";

export const creation: Examples = {
  eye: [
    {
      inputs: [],
      call: () => eye(2),
      result: [
        [1, 0],
        [0, 1],
      ],
    },
  ],
  full: [{ inputs: [], call: () => full([2], 3.5), result: [3.5, 3.5] }],
  arange: [{ inputs: [], call: () => arange(2, 5), result: [2, 3, 4] }],
  ones: [{ inputs: [], call: () => ones([2]), result: [1, 1] }],
  zeros: [{ inputs: [], call: () => zeros([2]), result: [0, 0] }],
  onesLike: [{ inputs: [[1, 2]], call: (x) => onesLike(x), result: [1, 1], differentiable: false }],
  zerosLike: [{ inputs: [[1, 2]], call: (x) => zerosLike(x), result: [0, 0], differentiable: false }],
};
