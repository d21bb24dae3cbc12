import { realize, type Tensor, type Variable, variable, zeros } from "@tsuki/core";
import type { Prepared } from "../protocol.ts";
import type { MatmulWork } from "../workloads.ts";
import { disposeAll, randomVariable } from "./operands.ts";

/** All products as one plan, each assigned to a variable of its own: nothing is copied to the host. */
export async function prepareMatmul(work: MatmulWork): Promise<Prepared> {
  const { form, batch, m, k, n } = work;
  const outer = batch === 0 ? [] : [batch];
  const lefts = operands(work.lefts, [...outer, ...(form === "tn" ? [k, m] : [m, k])], 1);
  const rights = work.symmetric ? [] : operands(work.rights, [...outer, ...(form === "nt" ? [n, k] : [k, n])], 2);
  const pairs = lefts.flatMap((left) => (work.symmetric ? [[left, left]] : rights.map((right) => [left, right])));
  const results = pairs.map(() => variable(zeros([...outer, m, n])));
  await realize();
  const product = (left: Variable, right: Variable): Tensor => {
    const a = form === "tn" ? left.transpose() : left;
    return a.matmul(form === "nt" ? right.transpose() : right, { symmetric: work.symmetric ?? false });
  };
  return {
    run: () => {
      for (const [i, [left, right]] of pairs.entries()) results[i].assign(product(left, right));
      return realize();
    },
    release: () => disposeAll([...lefts, ...rights, ...results]),
  };
}

function operands(count: number, shape: readonly number[], seed: number): Variable[] {
  return Array.from({ length: count }, (_, i) => randomVariable(shape, 100 * seed + i));
}
