import { realize, variable, zeros } from "@tsuki/core";
import { newtonSchulz } from "@tsuki/optim";
import type { Prepared } from "../protocol.ts";
import type { NewtonSchulzWork } from "../workloads.ts";
import { disposeAll, randomVariable } from "./operands.ts";

export async function prepareNewtonSchulz({ count, rows, cols }: NewtonSchulzWork): Promise<Prepared> {
  const matrices = randomVariable([count, rows, cols], 1);
  const result = variable(zeros(matrices.shape));
  await realize();
  return {
    run: () => {
      result.assign(newtonSchulz(matrices));
      return realize();
    },
    release: () => disposeAll([matrices, result]),
  };
}
