/** Writing at a run-time place. */
import * as methods from "../../src/ops/methods.ts";
import { binary, type Examples, int, x23 } from "./example.ts";

export const writes: Examples = {
  sliceScatter: [
    binary(
      (x, values) => methods.sliceScatter(x, 1, 1, values),
      x23,
      [
        [10, 20],
        [30, 40],
      ],
      [
        [0.5, 10, 20],
        [3, 30, 40],
      ],
    ),
    binary(
      (x, values) => methods.sliceScatter(x, -2, int(1).select(0, 0), values),
      x23,
      [[10, 20, 30]],
      [
        [0.5, -1.25, 2],
        [10, 20, 30],
      ],
    ),
  ],
};
