import { ones, realize, variable, zeros } from "@tsuki/core";
import type { Prepared } from "../protocol.ts";
import { disposeAll } from "./operands.ts";

/** The sum of an array that no cache holds: 256 MB in rows. Facts: its `bytes`. */
export async function prepareReadBandwidth(): Promise<Prepared> {
  const [rows, columns] = [4096, 16_384];
  const array = variable(ones([rows, columns]));
  const sums = variable(zeros([rows]));
  await realize();
  return {
    facts: { bytes: 4 * rows * columns },
    run: () => {
      sums.assign(array.sum({ axis: 1 }));
      return realize();
    },
    release: () => disposeAll([array, sums]),
  };
}
