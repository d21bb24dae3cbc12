import { grad, groupedMatmul, realize, type Tensor, tensor, variable, zeros } from "@tsuki/core";
import type { Prepared } from "../protocol.ts";
import type { GroupedWork } from "../workloads.ts";
import { disposeAll, randomVariable } from "./operands.ts";

/** The grouped product of the experts, or what its gradient of the weights contracts. */
export async function prepareGrouped({ over, rows, groups, k, n }: GroupedWork): Promise<Prepared> {
  const x = randomVariable([rows, k], 1);
  const weights = randomVariable([groups, k, n], 2);
  weights.requiresGrad = true;
  const towards = randomVariable([rows, n], 3);
  const bounds = Int32Array.from({ length: groups + 1 }, (_, group) => (group * rows) / groups);
  const offsets = variable(tensor(bounds));
  const result = variable(zeros(over === "rows" ? [rows, n] : [groups, k, n]));
  await realize();
  const product = (): Tensor => {
    const y = groupedMatmul(x, weights, offsets);
    return over === "rows" ? y : grad(y, [weights], { gradOutputs: towards.read() })[0];
  };
  return {
    run: () => {
      result.assign(product());
      return realize();
    },
    release: () => disposeAll([x, weights, towards, offsets, result]),
  };
}
