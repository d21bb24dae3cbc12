import type { GroupedRowsKernel } from "../../../plan/plan.ts";
import { i32, type Module } from "../emit/index.ts";
import { ArgumentBlock } from "./arguments.ts";
import { blockingOf } from "./blocking.ts";
import { groupOf } from "./groups.ts";
import { type KernelOptions, kernelParameters, type Launch, nothing } from "./kernel.ts";
import { layoutOf } from "./pack.ts";
import { ceilingDivide } from "./partition.ts";
import { addressOf, byteStride } from "./place.ts";
import { multiplyPanels, type ProductCode, productKey } from "./product.ts";
import { blocksOf, type ProductExtents, productArguments, productWords } from "./product-arguments.ts";
import { forEachProduct } from "./products.ts";

const block = new ArgumentBlock([...productWords, "groups", "offsets", "offsetStride", "bGroup"]);

/**
 * C[r] = A[r]·B[g(r)]: the products of the groups stand in a line, weighed by their rows, and the threads share their
 * column panels: every weight is packed once, by the thread that multiplies with it, and those of empty groups never.
 */
export function groupedRows(kernel: GroupedRowsKernel, { tile, relaxed }: KernelOptions): Launch {
  const { a, b, c, offsets, rows, n, k, groups } = kernel;
  if (rows * n * groups === 0) return nothing;
  const extents: ProductExtents = {
    a: addressOf(a),
    b: addressOf(b),
    c: addressOf(c),
    rows,
    columns: n,
    depth: k,
    aRow: byteStride(a, 0),
    aDepth: byteStride(a, 1),
    bDepth: byteStride(b, 1),
    bColumn: byteStride(b, 2),
    cRow: byteStride(c, 0),
    cColumn: byteStride(c, 1),
  };
  const code: ProductCode = {
    tile,
    relaxed,
    a: layoutOf(rows, extents.aRow, extents.aDepth),
    b: layoutOf(n, extents.bColumn, extents.bDepth),
  };
  const blocking = blockingOf(tile, rows, n, k);
  const args = block.fill({
    ...productArguments(extents, tile, blocking),
    groups,
    offsets: addressOf(offsets),
    offsetStride: byteStride(offsets, 0),
    bGroup: byteStride(b, 0),
  });
  const key = `groupedRows:${productKey(code)}`;
  const call = { code: { key, emit: (module: Module) => emit(module, key, code) }, args };
  return { phases: [call], sharedScratch: 0, threadScratch: blocking.threadScratch };
}

function emit(module: Module, key: string, code: ProductCode): void {
  module.export(key, kernelParameters, (f, { args, thread, threads }) => {
    const words = block.load(f, args);
    const blocks = blocksOf(f, words, thread);
    const group = groupOf(f, words);
    const weigh = (index: typeof words.groups) => {
      group.select(index);
      return ceilingDivide(group.rows, code.tile.rows);
    };
    const line = { count: words.groups, panels: words.panels, weigh };
    forEachProduct(f, line, thread, threads, (index, panels) => {
      const product = {
        ...words,
        a: f.let(i32.add(words.a, i32.mul(group.first, words.aRow))),
        b: f.let(i32.add(words.b, i32.mul(index, words.bGroup))),
        c: f.let(i32.add(words.c, i32.mul(group.first, words.cRow))),
        rows: group.rows,
      };
      multiplyPanels(f, code, product, blocks, panels);
    });
  });
}
