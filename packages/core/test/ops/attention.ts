/** Attention. */
import type { TensorLike } from "../../src/graph/tensor.ts";
import { attention } from "../../src/ops/attention.ts";
import type { Examples } from "./example.ts";

const q = [
  [
    [
      [1, -0.5],
      [0.25, 2],
    ],
    [
      [0.5, 1],
      [-1, 0.75],
    ],
  ],
];
const k = [
  [
    [
      [0.5, 1],
      [1, -1],
      [-0.75, 0.5],
    ],
  ],
];
const v = [
  [
    [
      [1, 2, 3],
      [-1, 0.5, 0],
      [0.25, -2, 1],
    ],
  ],
];

/** Two heads that share one of keys and values. */
const attended = (options: { causal?: boolean; scale?: number }) => ({
  inputs: [q, k, v],
  call: (a: TensorLike, b: TensorLike, c: TensorLike) => attention(a, b, c, options).output,
});

export const attentions: Examples = {
  attention: [
    {
      ...attended({}),
      result: [
        [
          [
            [-0.402847, 0.561015, 0.797259],
            [0.708455, 0.85052, 2.325747],
          ],
          [
            [0.47242, 0.713384, 1.981848],
            [0.39392, -0.513454, 1.566798],
          ],
        ],
      ],
    },
    {
      ...attended({ causal: true, scale: 0.5 }),
      result: [
        [
          [
            [-0.358357, 0.981232, 0.962464],
            [0.592736, 0.622089, 2.116113],
          ],
          [
            [0.41157, 1.558678, 2.117355],
            [0.349479, -0.313271, 1.559576],
          ],
        ],
      ],
    },
    {
      inputs: [q, k, v],
      call: (a, b, c) => attention(a, b, c).logSumExp,
      result: [
        [
          [1.477356, 1.880957],
          [1.438621, 1.30807],
        ],
      ],
    },
  ],
};
