import type { GroupedRowsKernel } from "../../../../plan/plan.ts";
import { type FunctionBuilder, i32, type Local, v128 } from "../../emit/index.ts";
import { type Block, kernelCall, type Words } from "../arguments.ts";
import { align } from "../blocking.ts";
import { groupOf } from "../groups.ts";
import { type KernelOptions, type Launch, onePhase } from "../kernel.ts";
import { ceilingDivide, counterWord, forEachUnit, minimum, type Sharers } from "../partition.ts";
import { along, inWords, placeWords, type Storage } from "../place.ts";
import { bytesOf, reader } from "../stored.ts";
import { axisWords, batchSize, batchWords, type Matrix, matrixOf } from "./batch.ts";
import type { MatmulShape } from "./matmul-shape.ts";
import { multiplyAlongColumns, sumBytes } from "./matvec-columns.ts";
import { columnsTogether, multiplyAlongDepth } from "./matvec-depth.ts";
import { layoutOf } from "./pack.ts";
import { type Layouts, layoutsOf } from "./product.ts";
import type { ProductExtents } from "./product-arguments.ts";

/** Most rows for which B is read where it lies: packing it first costs another walk through memory. */
const MOST_ROWS = 8;
/** Most elements of A: every thread holds a copy. */
const MOST_ELEMENTS = 1 << 20;
/** Bytes of B in a unit of work. */
const UNIT_BYTES = 1 << 17;
/** Units that there are at least, where B allows, so that threads end together. */
const UNITS = 16;
/** Columns of a panel where columns lie side by side: whole cache lines. */
const PANEL = 32;

/** What the code is compiled for; columns of B lie along lanes or along depth. */
export interface FewRowsCode extends Pick<Layouts, "b" | "stored">, Pick<KernelOptions, "relaxed" | "concurrent"> {
  readonly rows: number;
}

/** A product of few rows at run time: addresses of the first elements, strides in bytes. */
export interface FewRows {
  /** A copy of A, for every k the rows side by side. */
  readonly a: Local<"i32">;
  readonly b: Local<"i32">;
  readonly c: Local<"i32">;
  readonly columns: Local<"i32">;
  readonly depth: Local<"i32">;
  readonly bDepth: Local<"i32">;
  readonly bColumn: Local<"i32">;
  readonly cRow: Local<"i32">;
  readonly cColumn: Local<"i32">;
}

/** Whether a product has so few rows that `matvec` is the way. */
export function fewRows({ rows, depth, layouts }: MatmulShape): boolean {
  return rows <= MOST_ROWS && rows * depth <= MOST_ELEMENTS && layouts.b !== "strided";
}

/**
 * C = A·B for few rows of A: B is read once, in place, and widened on the way. The threads take runs of columns. Sums run
 * over k in rising order, as in all products.
 */
export function matvec(shape: MatmulShape, options: KernelOptions): Launch {
  const { axes, layouts, ...extents } = shape;
  const { rows } = shape;
  const code: FewRowsCode = { ...options, ...layouts, rows };
  const block = { ...extents, ...batchWords(axes), ...unitWords(code, extents, batchSize(axes)) };
  const call = kernelCall(
    `matvec:${keyOf(code)}`,
    block,
    (f, words, surroundings) => {
      const matrix = matrixOf(f, words, surroundings.rest);
      writeProducts(f, code, words, words.matrices, matrix, surroundings);
    },
    axisWords(axes),
  );
  return onePhase(call, { threadScratch: scratchOf(code, shape.depth) });
}

/** Whether rows by group are so few that each is a product of its own. */
export function fewGroupedRows({ rows, n, k, groups, b }: GroupedRowsKernel, storage: Storage): boolean {
  const few = rows <= MOST_ROWS || 2 * rows <= groups;
  const [, depthStride, columnStride] = inWords(b, storage).view.strides;
  return few && k <= MOST_ELEMENTS && layoutOf(n, columnStride * 4, depthStride * 4, bytesOf(storage(b))) !== "strided";
}

/** C[r] = A[r]·B[g(r)] for few rows: of B only the matrices of their groups are read. */
export function groupedMatvec(kernel: GroupedRowsKernel, storage: Storage, options: KernelOptions): Launch {
  const { rows, n, k } = kernel;
  const stored = { a: storage(kernel.a), b: storage(kernel.b) };
  const extents = {
    ...placeWords("a", inWords(kernel.a, storage), "Row", "Depth"),
    ...placeWords("b", inWords(kernel.b, storage), "Group", "Depth", "Column"),
    ...placeWords("c", kernel.c, "Row", "Column"),
    rows,
    columns: n,
    depth: k,
  };
  const code: FewRowsCode = { ...options, ...layoutsOf(extents, stored), rows: 1 };
  const block = {
    ...extents,
    ...placeWords("offsets", kernel.offsets, "Step"),
    ...unitWords(code, extents, rows),
  };
  const call = kernelCall(`groupedMatvec:${keyOf(code)}`, block, (f, words, surroundings) =>
    writeProducts(f, code, words, words.rows, rowOf(f, words), surroundings),
  );
  return onePhase(call, { threadScratch: scratchOf(code, k) });
}

/** Takes up a row with the matrix of its group. */
function rowOf(
  f: FunctionBuilder,
  words: Words<"a" | "aRow" | "b" | "bGroup" | "c" | "cRow" | "offsets" | "offsetsStep">,
): Matrix {
  const addresses = { a: f.local("i32"), b: f.local("i32"), c: f.local("i32") };
  const group = groupOf(f, words);
  const select = (row: Local<"i32">): void => {
    const index = f.let(i32.const(0));
    group.select(index);
    f.while(i32.leS(i32.add(group.first, group.rows), row), () => {
      f.advance(index, 1);
      group.select(index);
    });
    f.set(addresses.a, along(words.a, row, words.aRow));
    f.set(addresses.b, along(words.b, index, words.bGroup));
    f.set(addresses.c, along(words.c, row, words.cRow));
  };
  return { addresses, select };
}

type Word = Exclude<keyof FewRows, "a" | "b" | "c"> | "aRow" | "aDepth";
type UnitWord = "panels" | "unitPanels" | "scratch" | "threadScratch" | "counter";

/** A unit of work is a run of panels of one of `count` products. */
function writeProducts(
  f: FunctionBuilder,
  code: FewRowsCode,
  words: Words<Word | UnitWord>,
  count: Local<"i32">,
  { addresses, select }: Matrix,
  sharers: Sharers,
): void {
  const width = panelOf(code);
  const a = f.let(along(words.scratch, sharers.thread, words.threadScratch));
  const sums = f.let(i32.add(a, i32.mul(words.depth, code.rows * 4)));
  const bElements = reader(f, code.stored.b);
  const perProduct = f.let(ceilingDivide(words.panels, words.unitPanels));
  const total = f.let(i32.mul(perProduct, count));
  const current = f.let(i32.const(-1));
  const [index, from, to] = [f.local("i32"), f.local("i32"), f.local("i32")];
  forEachUnit(f, code, total, sharers, (unit) => {
    f.set(index, i32.divU(unit, perProduct));
    f.if(i32.ne(index, current), () => {
      f.set(current, index);
      select(index);
      copyRows(f, code, words, addresses.a, a);
    });
    f.set(from, i32.mul(i32.mul(i32.remU(unit, perProduct), words.unitPanels), width));
    f.set(to, minimum(along(from, words.unitPanels, width), words.columns));
    const product: FewRows = { ...words, a, b: addresses.b, c: addresses.c };
    if (code.b === "depth") multiplyAlongDepth(f, code, bElements, product, { from, to });
    else multiplyAlongColumns(f, code, bElements, product, { from, to }, sums);
  });
}

/** Copies A to `target`: for every k the rows side by side. */
function copyRows(
  f: FunctionBuilder,
  { rows, stored }: FewRowsCode,
  { depth, aRow, aDepth }: Words<"depth" | "aRow" | "aDepth">,
  a: Local<"i32">,
  target: Local<"i32">,
): void {
  const elements = reader(f, stored.a);
  const [from, row] = [f.let(a), f.local("i32")];
  const to = f.local("i32");
  f.for(to, target, along(target, depth, rows * 4), rows * 4, () => {
    f.set(row, from);
    for (let r = 0; r < rows; r++) {
      f.do(v128.store32Lane(to, elements.splat(row), 0, r * 4));
      f.advance(row, aRow);
    }
    f.advance(from, aDepth);
  });
}

function panelOf(code: FewRowsCode): number {
  return code.b === "depth" ? columnsTogether(code) : PANEL;
}

function keyOf({ rows, relaxed, concurrent, b, stored }: FewRowsCode): string {
  return `${rows}${relaxed ? "r" : "p"}${concurrent ? "c" : ""}:${stored.a}:${b}:${stored.b}`;
}

function unitWords(
  code: FewRowsCode,
  { columns, depth }: Pick<ProductExtents, "columns" | "depth">,
  products: number,
): Block<UnitWord> {
  const width = panelOf(code);
  const panels = Math.ceil(columns / width);
  const bytes = Math.max(1, depth * width * bytesOf(code.stored.b));
  const unitPanels = Math.max(1, Math.min(Math.floor(UNIT_BYTES / bytes), Math.ceil((panels * products) / UNITS)));
  return {
    panels,
    unitPanels,
    scratch: { kind: "scratch", byteOffset: 0, perThread: true },
    threadScratch: scratchOf(code, depth),
    ...counterWord,
  };
}

/** Bytes of a thread's scratch: its copy of A, then sums. */
function scratchOf(code: FewRowsCode, depth: number): number {
  return align(code.rows * depth * 4 + (code.b === "lanes" ? sumBytes : 0));
}
