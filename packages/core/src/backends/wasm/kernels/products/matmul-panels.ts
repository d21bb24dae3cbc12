import { kernelCall } from "../arguments.ts";
import { blockingOf } from "../blocking.ts";
import { type Launch, onePhase } from "../kernel.ts";
import { axisWords, batchWords, matrixOf } from "./batch.ts";
import type { MatmulShape } from "./matmul-shape.ts";
import { multiplyPanels, type ProductCode, productKey } from "./product.ts";
import { blocksOf, blockWords } from "./product-arguments.ts";
import { forEachProduct } from "./products.ts";

/** Products in one phase: the threads share the column panels, and pack and multiply them on their own. */
export function byPanels({ axes, layouts, ...extents }: MatmulShape, code: ProductCode): Launch {
  const { rows, columns, depth } = extents;
  const blocking = blockingOf(code.tile, rows, columns, depth);
  const block = { ...extents, ...blockWords(code.tile, columns, blocking), ...batchWords(axes) };
  const call = kernelCall(
    `matmulPanels:${productKey(code)}`,
    block,
    (f, words, { thread, threads, rest }) => {
      const blocks = blocksOf(f, words, thread);
      const matrix = matrixOf(f, words, rest);
      const line = { count: words.matrices, panels: words.panels, weigh: () => 1 };
      forEachProduct(f, line, thread, threads, (index, panels) => {
        matrix.select(index);
        multiplyPanels(f, code, { ...words, ...matrix.addresses }, blocks, panels);
      });
    },
    axisWords(axes),
  );
  return onePhase(call, { threadScratch: blocking.threadScratch });
}
