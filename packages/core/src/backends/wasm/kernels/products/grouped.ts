import type { GroupedContractionKernel, GroupedRowsKernel, Place } from "../../../../plan/plan.ts";
import { type FunctionBuilder, i32, type Local, type Value } from "../../emit/index.ts";
import { kernelCall, type Words } from "../arguments.ts";
import { blockingOf } from "../blocking.ts";
import { type Group, groupOf } from "../groups.ts";
import { type KernelOptions, type Launch, nothing, onePhase } from "../kernel.ts";
import { ceilingDivide } from "../partition.ts";
import { along, inWords, placeWords, type Storage } from "../place.ts";
import { fewGroupedRows, groupedMatvec } from "./matvec.ts";
import { type Layouts, layoutsOf, multiplyPanels, type Product, productCode, productKey } from "./product.ts";
import { blocksOf, blockWords, type ProductExtents } from "./product-arguments.ts";
import { forEachProduct } from "./products.ts";

/** Rows that cost as much as one unit of work, so that sums of weights stay far below 2³¹. */
const ROWS_PER_UNIT = 8;

/**
 * C[r] = A[r]·B[g(r)]: every weight is packed once, by the thread that multiplies with it, and those of empty groups never.
 */
export function groupedRows(
  kernel: GroupedRowsKernel,
  options: KernelOptions,
  storage: Storage = () => "float32",
): Launch {
  const { a, b, c, offsets, rows, n, k, groups } = kernel;
  if (rows * n * groups === 0) return nothing;
  if (fewGroupedRows(kernel, storage)) return groupedMatvec(kernel, storage, options);
  const block = {
    ...placeWords("a", inWords(a, storage), "Row", "Depth"),
    ...placeWords("b", inWords(b, storage), "Group", "Depth", "Column"),
    ...placeWords("c", c, "Row", "Column"),
    cGroup: 0,
    rows,
    columns: n,
    depth: k,
  };
  const stored = { a: storage(a), b: storage(b) };
  return perGroup("groupedRows", block, stored, offsets, groups, options, {
    weigh: (group) => ceilingDivide(group.rows, options.tile.rows),
    product: (f, words, group, index) => ({
      a: f.let(along(words.a, group.first, words.aRow)),
      b: f.let(along(words.b, index, words.bGroup)),
      c: f.let(along(words.c, group.first, words.cRow)),
      rows: group.rows,
    }),
  });
}

/**
 * C[g] = Σ over the rows r of group g of A[r]ᵀB[r], in rising r: products whose K is the length of the group. An empty
 * group weighs a little, for its zeros.
 */
export function groupedContraction(
  kernel: GroupedContractionKernel,
  options: KernelOptions,
  storage: Storage = () => "float32",
): Launch {
  const { a, b, c, offsets, rows, m, n, groups } = kernel;
  if (groups * m * n === 0) return nothing;
  const block = {
    ...placeWords("a", inWords(a, storage), "Depth", "Row"),
    ...placeWords("b", inWords(b, storage), "Depth", "Column"),
    bGroup: 0,
    ...placeWords("c", c, "Group", "Row", "Column"),
    rows: m,
    columns: n,
    depth: rows,
  };
  const stored = { a: storage(a), b: storage(b) };
  return perGroup("groupedContraction", block, stored, offsets, groups, options, {
    weigh: (group) => i32.add(i32.divU(group.rows, ROWS_PER_UNIT), 1),
    product: (f, words, group, index) => ({
      a: f.let(along(words.a, group.first, words.aDepth)),
      b: f.let(along(words.b, group.first, words.bDepth)),
      c: f.let(along(words.c, index, words.cGroup)),
      depth: group.rows,
    }),
  });
}

interface GroupExtents extends ProductExtents {
  /** Bytes from the matrix of one group to that of the next; 0 where the operand's rows are grouped. */
  readonly bGroup: number;
  readonly cGroup: number;
}

/** How the product of a group is made. */
interface GroupCode {
  readonly weigh: (group: Group) => Value<"i32">;
  /** What differs from the words of the block. */
  readonly product: (
    f: FunctionBuilder,
    words: Words<keyof GroupExtents>,
    group: Group,
    index: Local<"i32">,
  ) => Partial<Product>;
}

/** The products of the groups stand in a line, weighed by their rows, and the threads share their column panels. */
function perGroup(
  name: string,
  extents: GroupExtents,
  stored: Layouts["stored"],
  offsets: Place,
  groups: number,
  options: KernelOptions,
  { weigh, product }: GroupCode,
): Launch {
  const { rows, columns, depth } = extents;
  const code = productCode(options, layoutsOf(extents, stored), extents);
  const { tile } = options;
  const blocking = blockingOf(tile, rows, columns, depth);
  const block = {
    ...extents,
    ...blockWords(tile, columns, blocking),
    ...placeWords("offsets", offsets, "Step"),
    groups,
  };
  const call = kernelCall(`${name}:${productKey(code)}`, block, (f, words, { thread, threads }) => {
    const blocks = blocksOf(f, words, thread);
    const group = groupOf(f, words);
    const line = {
      count: words.groups,
      panels: words.panels,
      weigh: (index: Local<"i32">) => {
        group.select(index);
        return weigh(group);
      },
    };
    forEachProduct(f, line, thread, threads, (index, panels) => {
      multiplyPanels(f, code, { ...words, ...product(f, words, group, index) }, blocks, panels);
    });
  });
  return onePhase(call, { threadScratch: blocking.threadScratch });
}
