import type { Buffer, Kernel } from "../../plan/plan.ts";
import { generateMap, generateReduce } from "./codegen/index.ts";
import { attention } from "./kernels/attention/attention.ts";
import { attentionBackward } from "./kernels/attention/backward.ts";
import { insert } from "./kernels/insert.ts";
import type { KernelOptions, Launch } from "./kernels/kernel.ts";
import { groupBy } from "./kernels/ordering/group-by.ts";
import { sort } from "./kernels/ordering/sort.ts";
import { storageIn } from "./kernels/place.ts";
import { groupedContraction, groupedRows } from "./kernels/products/grouped.ts";
import { matmul } from "./kernels/products/matmul.ts";
import { scan } from "./kernels/scan.ts";
import { segmentSum } from "./kernels/segment-sum.ts";

/** What a kernel of a plan becomes on this engine. */
export function generate(kernel: Kernel, buffers: readonly Buffer[], options: KernelOptions): Launch {
  switch (kernel.kind) {
    case "map":
      return generateMap(kernel, buffers, options);
    case "reduce":
      return generateReduce(kernel, buffers, options);
    case "matmul":
      return matmul(kernel, options, storageIn(buffers));
    case "groupedRows":
      return groupedRows(kernel, options, storageIn(buffers));
    case "groupedContraction":
      return groupedContraction(kernel, options, storageIn(buffers));
    case "attention":
      return attention(kernel, options);
    case "attentionBackward":
      return attentionBackward(kernel, options);
    case "scan":
      return scan(kernel, buffers);
    case "sort":
      return sort(kernel, buffers);
    case "groupBy":
      return groupBy(kernel);
    case "insert":
      return insert(kernel, buffers);
    case "segmentSum":
      return segmentSum(kernel);
  }
}
