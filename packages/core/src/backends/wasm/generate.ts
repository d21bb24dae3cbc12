import type { Buffer, Kernel } from "../../plan/plan.ts";
import { generateMap, generateReduce } from "./codegen/index.ts";
import { groupBy } from "./kernels/group-by.ts";
import { groupedContraction, groupedRows } from "./kernels/grouped.ts";
import type { KernelOptions, Launch } from "./kernels/kernel.ts";
import { matmul } from "./kernels/matmul.ts";
import { scan } from "./kernels/scan.ts";
import { segmentSum } from "./kernels/segment-sum.ts";
import { sort } from "./kernels/sort.ts";

/** What a kernel of a plan becomes on this engine. */
export function generate(kernel: Kernel, buffers: readonly Buffer[], options: KernelOptions): Launch {
  switch (kernel.kind) {
    case "map":
      return generateMap(kernel, buffers, options);
    case "reduce":
      return generateReduce(kernel, buffers, options);
    case "matmul":
      return matmul(kernel, options);
    case "groupedRows":
      return groupedRows(kernel, options);
    case "groupedContraction":
      return groupedContraction(kernel, options);
    case "scan":
      return scan(kernel, buffers);
    case "sort":
      return sort(kernel, buffers);
    case "groupBy":
      return groupBy(kernel);
    case "segmentSum":
      return segmentSum(kernel);
  }
}
