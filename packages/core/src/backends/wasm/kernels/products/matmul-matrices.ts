import { i32 } from "../../emit/index.ts";
import { kernelCall } from "../arguments.ts";
import { blockingOf } from "../blocking.ts";
import { type Launch, onePhase } from "../kernel.ts";
import { counterWord, forEachUnit } from "../partition.ts";
import { axisWords, batchWords, matrixOf } from "./batch.ts";
import type { MatmulShape } from "./matmul-shape.ts";
import { mirror } from "./mirror.ts";
import { multiplyPanels, type ProductCode, productKey } from "./product.ts";
import { blocksOf, blockWords } from "./product-arguments.ts";

/** A batch of products in one phase: a matrix is the work of one thread. */
export function byMatrices({ axes, layouts, ...extents }: MatmulShape, code: ProductCode): Launch {
  const { rows, columns, depth } = extents;
  const blocking = blockingOf(code.tile, rows, columns, depth);
  const block = {
    ...extents,
    ...blockWords(code.tile, columns, blocking),
    ...batchWords(axes),
    ...counterWord,
  } as const;
  const call = kernelCall(
    `matmulMatrices:${productKey(code)}`,
    block,
    (f, words, surroundings) => {
      const blocks = blocksOf(f, words, surroundings.thread);
      const matrix = matrixOf(f, words, surroundings.rest);
      const all = { from: f.let(i32.const(0)), to: words.panels };
      forEachUnit(f, code, words.matrices, surroundings, (index) => {
        matrix.select(index);
        const product = { ...words, ...matrix.addresses };
        multiplyPanels(f, code, product, blocks, all);
        if (code.symmetric) mirror(f, product, { from: all.from, to: words.rows });
      });
    },
    axisWords(axes),
  );
  return onePhase(call, { threadScratch: blocking.threadScratch });
}
