/** Shapes, slices, joins. */
import { concat, stack } from "../../src/index.ts";
import * as methods from "../../src/ops/methods.ts";
import { type Examples, unary, x23 } from "./example.ts";

export const views: Examples = {
  expand: [
    unary(
      (x) => methods.expand(x, [2, -1]),
      [1, 2],
      [
        [1, 2],
        [1, 2],
      ],
    ),
  ],
  flip: [
    unary((x) => methods.flip(x, [0, 1]), x23, [
      [-0.5, 0.75, 3],
      [2, -1.25, 0.5],
    ]),
  ],
  narrow: [
    unary((x) => methods.narrow(x, 1, 1, 2), x23, [
      [-1.25, 2],
      [0.75, -0.5],
    ]),
  ],
  pad: [
    unary((x) => methods.pad(x, [[1, 2]]), [1, 2], [0, 1, 2, 0, 0]),
    unary((x) => methods.pad(x, [[-1, 2]], { value: 9 }), [1, 2], [2, 9, 9]),
  ],
  permute: [
    unary((x) => methods.permute(x, [1, 0]), x23, [
      [0.5, 3],
      [-1.25, 0.75],
      [2, -0.5],
    ]),
  ],
  reshape: [
    unary((x) => methods.reshape(x, [3, -1]), x23, [
      [0.5, -1.25],
      [2, 3],
      [0.75, -0.5],
    ]),
  ],
  select: [unary((x) => methods.select(x, 1, -1), x23, [2, -0.5])],
  slice: [
    unary((x) => methods.slice(x, 1, null, null, 2), x23, [
      [0.5, 2],
      [3, -0.5],
    ]),
    unary((x) => methods.slice(x, 1, -1, null, -2), x23, [
      [2, 0.5],
      [-0.5, 3],
    ]),
  ],
  split: [
    unary((x) => concat(methods.split(x, 2, 1).reverse(), 1), x23, [
      [2, 0.5, -1.25],
      [-0.5, 3, 0.75],
    ]),
    unary((x) => concat(methods.split(x, [1, 2], 1).reverse(), 1), x23, [
      [-1.25, 2, 0.5],
      [0.75, -0.5, 3],
    ]),
  ],
  squeeze: [
    unary((x) => methods.squeeze(x, 0), [[1, 2]], [1, 2]),
    unary((x) => methods.squeeze(x), [[[1], [2]]], [1, 2]),
  ],
  transpose: [
    unary((x) => methods.transpose(x), x23, [
      [0.5, 3],
      [-1.25, 0.75],
      [2, -0.5],
    ]),
  ],
  unsqueeze: [unary((x) => methods.unsqueeze(x, -1), [1, 2], [[1], [2]])],
  chunk: [
    unary((x) => concat(methods.chunk(x, 2, 1).reverse(), 1), x23, [
      [2, 0.5, -1.25],
      [-0.5, 3, 0.75],
    ]),
  ],
  unbind: [unary((x) => concat(methods.unbind(x, 1)), x23, [0.5, 3, -1.25, 0.75, 2, -0.5])],
  diagonal: [
    unary((x) => methods.diagonal(x), x23, [0.5, 0.75]),
    unary((x) => methods.diagonal(x, { offset: -1, axis1: -1, axis2: 0 }), x23, [-1.25, -0.5]),
  ],
  flatten: [
    unary((x) => methods.flatten(x), x23, [0.5, -1.25, 2, 3, 0.75, -0.5]),
    unary((x) => methods.flatten(x, 1), [x23], [[0.5, -1.25, 2, 3, 0.75, -0.5]]),
  ],
  moveAxis: [
    unary(
      (x) => methods.moveAxis(x, 0, -1),
      [x23],
      [
        [[0.5], [-1.25], [2]],
        [[3], [0.75], [-0.5]],
      ],
    ),
  ],
  repeat: [
    unary(
      (x) => methods.repeat(x, [2, 2]),
      [1, 2],
      [
        [1, 2, 1, 2],
        [1, 2, 1, 2],
      ],
    ),
  ],
  repeatInterleave: [
    unary((x) => methods.repeatInterleave(x, 2), [[1, 2]], [1, 1, 2, 2]),
    unary((x) => methods.repeatInterleave(x, [2, 0, 1], 1), x23, [
      [0.5, 0.5, 2],
      [3, 3, -0.5],
    ]),
  ],
  roll: [
    unary((x) => methods.roll(x, 1), x23, [
      [-0.5, 0.5, -1.25],
      [2, 3, 0.75],
    ]),
    unary((x) => methods.roll(x, [1, -4], [0, 1]), x23, [
      [0.75, -0.5, 3],
      [-1.25, 2, 0.5],
    ]),
  ],
  tril: [
    unary((x) => methods.tril(x), x23, [
      [0.5, 0, 0],
      [3, 0.75, 0],
    ]),
  ],
  triu: [
    unary((x) => methods.triu(x, 1), x23, [
      [0, -1.25, 2],
      [0, 0, -0.5],
    ]),
  ],

  concat: [{ inputs: [[1, 2], [3]], call: (a, b) => concat([a, b]), result: [1, 2, 3] }],
  stack: [
    {
      inputs: [
        [1, 2],
        [3, 4],
      ],
      call: (a, b) => stack([a, b], 1),
      result: [
        [1, 3],
        [2, 4],
      ],
    },
  ],
};
