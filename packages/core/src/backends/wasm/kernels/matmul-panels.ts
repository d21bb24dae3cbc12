import type { Module } from "../emit/index.ts";
import { i32 } from "../emit/index.ts";
import { ArgumentBlock } from "./arguments.ts";
import { axisWords, batchSize, moveToMatrix } from "./batch.ts";
import { blockingOf } from "./blocking.ts";
import { kernelParameters, type Launch } from "./kernel.ts";
import type { MatmulShape } from "./matmul-shape.ts";
import { multiplyPanels, type ProductCode, productKey } from "./product.ts";
import { blocksOf, productArguments, productWords } from "./product-arguments.ts";
import { forEachProduct } from "./products.ts";

const block = new ArgumentBlock([...productWords, "matrices", "rank"]);

/** A batch of products in one phase: the threads share the column panels, and pack and multiply them on their own. */
export function byPanels(shape: MatmulShape, code: ProductCode): Launch {
  const blocking = blockingOf(code.tile, shape.rows, shape.columns, shape.depth);
  const words = block.fill({
    ...productArguments(shape, code.tile, blocking),
    matrices: batchSize(shape.axes),
    rank: shape.axes.length,
  });
  const key = `matmulPanels:${productKey(code)}`;
  const call = {
    code: { key, emit: (module: Module) => emit(module, key, code) },
    args: [...words, ...axisWords(shape.axes)],
  };
  return { phases: [call], sharedScratch: 0, threadScratch: blocking.threadScratch };
}

function emit(module: Module, key: string, code: ProductCode): void {
  module.export(key, kernelParameters, (f, { args, thread, threads }) => {
    const words = block.load(f, args);
    const blocks = blocksOf(f, words, thread);
    const axes = { words: f.let(i32.add(args, block.bytes)), rank: words.rank };
    const matrix = { a: f.local("i32"), b: f.local("i32"), c: f.local("i32") };
    const line = { count: words.matrices, panels: words.panels, weigh: () => 1 };
    forEachProduct(f, line, thread, threads, (index, panels) => {
      moveToMatrix(f, index, axes, words, matrix);
      multiplyPanels(f, code, { ...words, ...matrix }, blocks, panels);
    });
  });
}
