import { topological } from "../../plan/expr.ts";
import type { Kernel } from "../../plan/plan.ts";
import { sizeOf } from "../../plan/view.ts";
import { visiblePairs } from "../../plan/visible-pairs.ts";

/** Rough time of a kernel on one thread in nanoseconds: how far it must be cut so that the event loop lives. */
export function workOf(kernel: Kernel): number {
  switch (kernel.kind) {
    case "map":
      return sizeOf(kernel.shape) * topological(kernel.stores.map((s) => s.expr)).length;
    case "reduce":
      return sizeOf(kernel.shape) * kernel.length * topological([kernel.input]).length;
    case "matmul":
      return (sizeOf(kernel.batch) * kernel.m * kernel.n * kernel.k) / 8;
    case "groupedRows":
      return (kernel.rows * kernel.n * kernel.k) / 8;
    case "groupedContraction":
      return (kernel.rows * kernel.n * kernel.m) / 8;
    case "attention":
      return visiblePairs(kernel) * ((kernel.width + kernel.valueWidth) / 16 + 2);
    case "attentionBackward":
      return visiblePairs(kernel) * ((3 * kernel.width + 2 * kernel.valueWidth) / 16 + 3);
    case "scan":
      return kernel.rows * kernel.length * 2;
    case "sort":
      return kernel.rows * kernel.length * Math.min(1 + kernel.k / 7, 13);
    case "groupBy":
      return kernel.length * 10;
    case "insert":
      return kernel.outer * kernel.length * kernel.inner;
    case "segmentSum":
      return kernel.rows * kernel.width * 2;
  }
}
