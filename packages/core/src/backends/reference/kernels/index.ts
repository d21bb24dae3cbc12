import type { Kernel } from "../../../plan/plan.ts";
import type { Frame } from "../frame.ts";
import { attention, attentionBackward } from "./attention.ts";
import { groupBy } from "./group-by.ts";
import { groupedContraction, groupedRows } from "./grouped.ts";
import { insert } from "./insert.ts";
import { map } from "./map.ts";
import { matmul } from "./matmul.ts";
import { reduce } from "./reduce.ts";
import { scan } from "./scan.ts";
import { segmentSum } from "./segment-sum.ts";
import { sort } from "./sort.ts";

/** The kernel's work, in pieces short against 16 ms. */
export function workOf(kernel: Kernel, frame: Frame): Generator<void, void> {
  switch (kernel.kind) {
    case "map":
      return map(kernel, frame);
    case "reduce":
      return reduce(kernel, frame);
    case "matmul":
      return matmul(kernel, frame);
    case "groupedRows":
      return groupedRows(kernel, frame);
    case "groupedContraction":
      return groupedContraction(kernel, frame);
    case "attention":
      return attention(kernel, frame);
    case "attentionBackward":
      return attentionBackward(kernel, frame);
    case "scan":
      return scan(kernel, frame);
    case "sort":
      return sort(kernel, frame);
    case "groupBy":
      return groupBy(kernel, frame);
    case "insert":
      return insert(kernel, frame);
    case "segmentSum":
      return segmentSum(kernel, frame);
  }
}
