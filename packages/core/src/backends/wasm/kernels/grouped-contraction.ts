import type { GroupedContractionKernel } from "../../../plan/plan.ts";
import { i32, type Module } from "../emit/index.ts";
import { ArgumentBlock } from "./arguments.ts";
import { blockingOf } from "./blocking.ts";
import { groupOf } from "./groups.ts";
import { type KernelOptions, kernelParameters, type Launch, nothing } from "./kernel.ts";
import { layoutOf } from "./pack.ts";
import { addressOf, byteStride } from "./place.ts";
import { multiplyPanels, type ProductCode, productKey } from "./product.ts";
import { blocksOf, type ProductExtents, productArguments, productWords } from "./product-arguments.ts";
import { forEachProduct } from "./products.ts";

const block = new ArgumentBlock([...productWords, "groups", "offsets", "offsetStride", "cGroup"]);

/**
 * C[g] = Σ over the rows r of group g of A[r]ᵀB[r], in rising r: products whose K is the length of the group, weighed by
 * it. An empty group weighs a little, for its zeros.
 */
export function groupedContraction(kernel: GroupedContractionKernel, { tile, relaxed }: KernelOptions): Launch {
  const { a, b, c, offsets, rows, m, n, groups } = kernel;
  if (groups * m * n === 0) return nothing;
  const extents: ProductExtents = {
    a: addressOf(a),
    b: addressOf(b),
    c: addressOf(c),
    rows: m,
    columns: n,
    depth: rows,
    aRow: byteStride(a, 1),
    aDepth: byteStride(a, 0),
    bDepth: byteStride(b, 0),
    bColumn: byteStride(b, 1),
    cRow: byteStride(c, 1),
    cColumn: byteStride(c, 2),
  };
  const code: ProductCode = {
    tile,
    relaxed,
    a: layoutOf(m, extents.aRow, extents.aDepth),
    b: layoutOf(n, extents.bColumn, extents.bDepth),
  };
  const blocking = blockingOf(tile, m, n, rows);
  const args = block.fill({
    ...productArguments(extents, tile, blocking),
    groups,
    offsets: addressOf(offsets),
    offsetStride: byteStride(offsets, 0),
    cGroup: byteStride(c, 0),
  });
  const key = `groupedContraction:${productKey(code)}`;
  const call = { code: { key, emit: (module: Module) => emit(module, key, code) }, args };
  return { phases: [call], sharedScratch: 0, threadScratch: blocking.threadScratch };
}

/** Rows that cost as much as one unit of work, so that sums of weights stay far below 2³¹. */
const ROWS_PER_UNIT = 8;

function emit(module: Module, key: string, code: ProductCode): void {
  module.export(key, kernelParameters, (f, { args, thread, threads }) => {
    const words = block.load(f, args);
    const blocks = blocksOf(f, words, thread);
    const group = groupOf(f, words);
    const weigh = (index: typeof words.groups) => {
      group.select(index);
      return i32.add(i32.divU(group.rows, ROWS_PER_UNIT), 1);
    };
    const line = { count: words.groups, panels: words.panels, weigh };
    forEachProduct(f, line, thread, threads, (index, panels) => {
      const product = {
        ...words,
        a: f.let(i32.add(words.a, i32.mul(group.first, words.aDepth))),
        b: f.let(i32.add(words.b, i32.mul(group.first, words.bDepth))),
        c: f.let(i32.add(words.c, i32.mul(index, words.cGroup))),
        depth: group.rows,
      };
      multiplyPanels(f, code, product, blocks, panels);
    });
  });
}
