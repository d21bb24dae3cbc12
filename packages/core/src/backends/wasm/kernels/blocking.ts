import { columnsOf, type Tile } from "./tile.ts";

/** Steps of K in one block of packed panels, about; a few more are no second block. */
const DEPTH = 256;
const LAST_DEPTH = 400;
/** Rows of A packed at a time: with a block of K they stay in the second-level cache. */
const ROWS = 96;
/** Bytes of B that one thread packs at a time for itself. */
const PANEL_BYTES = 1 << 20;

/**
 * How a product is cut: into blocks of K (evenly), of rows and of column panels. Sums continue from block to block in
 * the order of k, so that no cut changes a bit.
 */
export interface Blocking {
  readonly depth: number;
  /** A multiple of the tile's rows. */
  readonly rows: number;
  /** Panels of B that a thread packs for itself. */
  readonly panels: number;
  /** Where a thread's scratch holds packed B (packed A comes first), and its bytes with packed B and without. */
  readonly bOffset: number;
  readonly threadScratch: number;
}

export function blockingOf(tile: Tile, rows: number, columns: number, depth: number): Blocking {
  const blocks = depth <= LAST_DEPTH ? 1 : Math.ceil(depth / DEPTH);
  const depthBlock = Math.max(1, Math.ceil(depth / blocks));
  const rowBlock = Math.min(Math.floor(ROWS / tile.rows), Math.max(1, Math.ceil(rows / tile.rows))) * tile.rows;
  const panelBytes = columnsOf(tile) * depthBlock * 4;
  const panels = Math.min(Math.max(1, Math.floor(PANEL_BYTES / panelBytes)), Math.max(1, panelsOf(tile, columns)));
  const bOffset = scratchOffsets(tile).a + align(rowBlock * depthBlock * 4);
  return { depth: depthBlock, rows: rowBlock, panels, bOffset, threadScratch: bOffset + align(panels * panelBytes) };
}

/** A thread's scratch begins with one tile for the edges of C, then packed A. */
export function scratchOffsets(tile: Tile): { readonly edge: number; readonly a: number } {
  return { edge: 0, a: align(tile.rows * columnsOf(tile) * 4) };
}

/** Column panels of a matrix. */
export function panelsOf(tile: Tile, columns: number): number {
  return Math.ceil(columns / columnsOf(tile));
}

/** Rounds up to whole cache lines. */
export function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
