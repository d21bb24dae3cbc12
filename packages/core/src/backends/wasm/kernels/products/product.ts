import { type FunctionBuilder, i32, type Local } from "../../emit/index.ts";
import { scratchOffsets } from "../blocking.ts";
import type { KernelOptions } from "../kernel.ts";
import { minimum } from "../partition.ts";
import { along } from "../place.ts";
import { bytesOf, type Stored } from "../stored.ts";
import { columnsOf, type Tile, tileKey } from "../tile.ts";
import { type BlockRows, multiplyBlock } from "./block.ts";
import { type Layout, layoutOf, packPanels } from "./pack.ts";
import type { ProductExtents } from "./product-arguments.ts";

/** How the operands lie in memory. */
export interface Layouts {
  readonly a: Layout;
  readonly b: Layout;
  readonly stored: { readonly a: Stored; readonly b: Stored };
}

export function layoutsOf(
  { rows, columns, aRow, aDepth, bColumn, bDepth }: ProductExtents,
  stored: Layouts["stored"],
): Layouts {
  return {
    a: layoutOf(rows, aRow, aDepth, bytesOf(stored.a)),
    b: layoutOf(columns, bColumn, bDepth, bytesOf(stored.b)),
    stored,
  };
}

/** What the code of a product is compiled for. */
export interface ProductCode extends Layouts {
  readonly tile: Tile;
  readonly relaxed: boolean;
  /** Whether rows of A are read in place: they lie side by side along k. */
  readonly inPlace: boolean;
  /** Whether threads take units from a shared counter. */
  readonly concurrent: boolean;
  /** Whether C is symmetric: what lies below its diagonal is mirrored. */
  readonly symmetric: boolean;
}

/** Columns from which on packing A pays also where it could be read in place. */
const MANY_COLUMNS = 4096;
/** Bytes between rows that would share few sets of the first-level cache if they were read in place. */
const ALIASED = 4096;

export function productCode(
  { tile, relaxed, concurrent }: KernelOptions,
  layouts: Layouts,
  { columns, aRow }: Pick<ProductExtents, "columns" | "aRow">,
  symmetric = false,
): ProductCode {
  const isPlain = layouts.a === "depth" && layouts.stored.a === "float32";
  const inPlace = tile.inPlace && isPlain && columns < MANY_COLUMNS && aRow % ALIASED !== 0;
  return { tile, relaxed, concurrent, symmetric, inPlace, ...layouts };
}

/** Names the code in kernel keys. */
export function productKey({ tile, relaxed, a, b, stored, inPlace, concurrent, symmetric }: ProductCode): string {
  const flags = [relaxed ? "r" : "p", inPlace ? "i" : "", concurrent ? "c" : "", symmetric ? "s" : ""];
  return `${tileKey(tile)}${flags.join("")}:${a}:${stored.a}:${b}:${stored.b}`;
}

/** One product C = A·B at run time: addresses of the first elements, strides in bytes. */
export interface Product {
  readonly a: Local<"i32">;
  readonly b: Local<"i32">;
  readonly c: Local<"i32">;
  readonly rows: Local<"i32">;
  readonly columns: Local<"i32">;
  readonly depth: Local<"i32">;
  readonly aRow: Local<"i32">;
  readonly aDepth: Local<"i32">;
  readonly bDepth: Local<"i32">;
  readonly bColumn: Local<"i32">;
  readonly cRow: Local<"i32">;
  readonly cColumn: Local<"i32">;
}

/** Blocks and scratch as `Blocking` has them, in locals. */
export interface ProductBlocks {
  readonly depthBlock: Local<"i32">;
  readonly rowBlock: Local<"i32">;
  readonly panelBlock: Local<"i32">;
  /** The thread's own scratch, and its part for packed B. */
  readonly scratch: Local<"i32">;
  readonly bScratch: Local<"i32">;
}

/** A run of a matrix's tiles or panels. */
export interface Run {
  readonly from: Local<"i32">;
  readonly to: Local<"i32">;
}

/** Blocks of K: `body` gets the first k, the number of steps, and whether C is still to be started. K = 0 has one. */
export function forEachDepthBlock(
  f: FunctionBuilder,
  depth: Local<"i32">,
  depthBlock: Local<"i32">,
  body: (k: Local<"i32">, steps: Local<"i32">, fresh: Local<"i32">) => void,
): void {
  const k = f.let(i32.const(0));
  const steps = f.local("i32");
  const fresh = f.local("i32");
  f.repeat(
    () => {
      f.set(steps, minimum(i32.sub(depth, k), depthBlock));
      f.set(fresh, i32.eqz(k));
      body(k, steps, fresh);
      f.advance(k, depthBlock);
    },
    i32.ltS(k, depth),
  );
}

/**
 * The columns of the panels `panels` of one product, by one thread on its own: it packs blocks of B, and against each of
 * them every block of A.
 */
export function multiplyPanels(
  f: FunctionBuilder,
  code: ProductCode,
  product: Product,
  blocks: ProductBlocks,
  panels: Run,
): void {
  const { tile } = code;
  const width = columnsOf(tile);
  const firstColumn = f.local("i32");
  const columns = f.local("i32");
  const end = f.let(minimum(product.columns, i32.mul(panels.to, width)));
  const columnBlock = f.let(i32.mul(blocks.panelBlock, width));
  f.for(firstColumn, i32.mul(panels.from, width), end, columnBlock, () => {
    f.set(columns, minimum(i32.sub(end, firstColumn), columnBlock));
    forEachDepthBlock(f, product.depth, blocks.depthBlock, (k, steps, fresh) => {
      packPanels(f, width, code.b, {
        stored: code.stored.b,
        source: f.let(i32.add(product.b, along(i32.mul(firstColumn, product.bColumn), k, product.bDepth))),
        laneStride: product.bColumn,
        depthStride: product.bDepth,
        lanes: columns,
        depth: steps,
        target: f.let(blocks.bScratch),
      });
      const rows: Run = { from: f.let(i32.const(0)), to: product.rows };
      const bPanels = blocks.bScratch;
      multiplyRows(f, code, product, blocks, { k, steps, fresh, rows, firstColumn, columns, bPanels });
    });
  });
}

/** A block of K and a run of columns whose panels of B are packed. */
export interface PackedColumns {
  readonly k: Local<"i32">;
  readonly steps: Local<"i32">;
  readonly fresh: Local<"i32">;
  readonly rows: Run;
  readonly firstColumn: Local<"i32">;
  readonly columns: Local<"i32">;
  readonly bPanels: Local<"i32">;
}

/** Takes the rows of A block by block, packed or in place, and multiplies each with packed columns of B. */
export function multiplyRows(
  f: FunctionBuilder,
  { tile, relaxed, a: layout, stored, inPlace, symmetric }: ProductCode,
  product: Product,
  { rowBlock, scratch }: Pick<ProductBlocks, "rowBlock" | "scratch">,
  packed: PackedColumns,
): void {
  const offsets = scratchOffsets(tile);
  const edge = f.let(i32.add(scratch, offsets.edge));
  const panels = f.let(i32.add(scratch, offsets.a));
  const row = f.local("i32");
  const rows = f.local("i32");
  const first = f.local("i32");
  const a: BlockRows = inPlace ? { kind: "inPlace", first, stride: product.aRow } : { kind: "packed", panels };
  f.for(row, packed.rows.from, packed.rows.to, rowBlock, () => {
    f.set(rows, minimum(i32.sub(packed.rows.to, row), rowBlock));
    f.set(first, i32.add(product.a, along(i32.mul(row, product.aRow), packed.k, product.aDepth)));
    if (!inPlace) {
      packPanels(f, tile.rows, layout, {
        stored: stored.a,
        source: first,
        laneStride: product.aRow,
        depthStride: product.aDepth,
        lanes: rows,
        depth: packed.steps,
        target: f.let(panels),
      });
    }
    const column = i32.mul(packed.firstColumn, product.cColumn);
    multiplyBlock(f, tile, relaxed, {
      a,
      bPanels: packed.bPanels,
      depth: packed.steps,
      rows,
      columns: packed.columns,
      c: f.let(i32.add(product.c, i32.add(i32.mul(row, product.cRow), column))),
      rowStride: product.cRow,
      columnStride: product.cColumn,
      fresh: packed.fresh,
      edge,
      diagonal: symmetric ? f.let(i32.sub(packed.firstColumn, row)) : null,
    });
  });
}
