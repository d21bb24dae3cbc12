import type { Step } from "../plan/plan.ts";

/** The shape of a step as text: the extents over which it works. */
export function shapeOf(step: Step): string {
  switch (step.kind) {
    case "map":
      return shown(step.shape);
    case "reduce":
      return `${step.op} ${shown([...step.shape, step.length])}`;
    case "matmul":
      return `${shown([...step.batch, step.m, step.k])}×${shown([step.k, step.n])}${step.symmetric ? " symmetric" : ""}`;
    case "groupedRows":
      return `${shown([step.rows, step.k])}×${shown([step.groups, step.k, step.n])}`;
    case "groupedContraction":
      return `${shown([step.m, step.rows])}×${shown([step.rows, step.n])} to ${step.groups}`;
    case "attention":
    case "attentionBackward": {
      const { batch, heads, queries, keys, width, causal } = step;
      return `${shown([batch, heads, queries, width])} to ${keys} keys${causal ? " causal" : ""}`;
    }
    case "scan":
      return shown([step.rows, step.length]);
    case "sort":
      return `${shown([step.rows, step.length])} to ${step.k}`;
    case "groupBy":
      return `${shown([step.length])} to ${step.groups}`;
    case "segmentSum":
      return `${shown([step.rows, step.width])} to ${step.segments}`;
    case "insert":
      return `${shown([step.outer, step.length, step.inner])} into ${step.extent}`;
    case "host":
      return shown(step.inputs.flatMap(({ shape }) => [shown(shape)]));
  }
}

function shown(extents: readonly (number | string)[]): string {
  return `[${extents.join(",")}]`;
}
