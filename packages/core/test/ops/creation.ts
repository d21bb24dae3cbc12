/** Tensors from nothing. */

import {
  arange,
  bernoulli,
  eye,
  full,
  fullLike,
  Generator,
  linspace,
  normal,
  ones,
  onesLike,
  permutation,
  randint,
  uniform,
  zeros,
  zerosLike,
} from "../../src/index.ts";
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
    {
      inputs: [],
      call: () => eye(2, 3, { dtype: "int32" }),
      result: [
        [1, 0, 0],
        [0, 1, 0],
      ],
    },
  ],
  full: [{ inputs: [], call: () => full([2], 3.5), result: [3.5, 3.5] }],
  fullLike: [{ inputs: [[1, 2]], call: (x) => fullLike(x, 3), result: [3, 3], differentiable: false }],
  arange: [
    { inputs: [], call: () => arange(2, 5), result: [2, 3, 4] },
    { inputs: [], call: () => arange(5, -2, -3), result: [5, 2, -1] },
    { inputs: [], call: () => arange(0.5, 2, 0.5), result: [0.5, 1, 1.5] },
    { inputs: [], call: () => arange(2, { dtype: "float32" }).div(2), result: [0, 0.5] },
  ],
  linspace: [{ inputs: [], call: () => linspace(-1, 2, 5), result: [-1, -0.25, 0.5, 1.25, 2] }],
  ones: [{ inputs: [], call: () => ones([2]), result: [1, 1] }],
  zeros: [{ inputs: [], call: () => zeros([2]), result: [0, 0] }],
  onesLike: [{ inputs: [[1, 2]], call: (x) => onesLike(x), result: [1, 1], differentiable: false }],
  zerosLike: [{ inputs: [[1, 2]], call: (x) => zerosLike(x), result: [0, 0], differentiable: false }],

  uniform: [
    {
      inputs: [],
      call: () => uniform([2], { low: 1, high: 3, generator: new Generator(1) }),
      result: [2.407887, 1.11543],
    },
  ],
  normal: [
    { inputs: [], call: () => normal([2], { mean: 5, generator: new Generator(1) }), result: [5.535777, 3.425751] },
  ],
  bernoulli: [
    { inputs: [], call: () => bernoulli([3], 0.5, { generator: new Generator(1) }), result: [false, true, true] },
  ],
  randint: [
    { inputs: [], call: () => randint([4], { low: -5, high: 5, generator: new Generator(1) }), result: [2, -5, -5, 4] },
  ],
  permutation: [{ inputs: [], call: () => permutation(5, { generator: new Generator(1) }), result: [0, 3, 2, 1, 4] }],
};
