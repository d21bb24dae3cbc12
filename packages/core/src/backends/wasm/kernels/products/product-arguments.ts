import { type FunctionBuilder, i32, type Local } from "../../emit/index.ts";
import type { Block, Words } from "../arguments.ts";
import { type Blocking, panelsOf } from "../blocking.ts";
import type { Arg } from "../kernel.ts";
import { along } from "../place.ts";
import type { Tile } from "../tile.ts";
import type { ProductBlocks } from "./product.ts";

/** Addresses of the first elements, extents, and strides in bytes. */
export interface ProductExtents {
  readonly a: Arg;
  readonly b: Arg;
  readonly c: Arg;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly aRow: number;
  readonly aDepth: number;
  readonly bDepth: number;
  readonly bColumn: number;
  readonly cRow: number;
  readonly cColumn: number;
}

export type BlockWord = "panels" | "depthBlock" | "rowBlock" | "panelBlock" | "scratch" | "bOffset" | "threadScratch";

/** Words that every product kernel takes beside its extents. */
export function blockWords(tile: Tile, columns: number, blocking: Blocking): Block<BlockWord> {
  return {
    panels: panelsOf(tile, columns),
    depthBlock: blocking.depth,
    rowBlock: blocking.rows,
    panelBlock: blocking.panels,
    scratch: { kind: "scratch", byteOffset: 0, perThread: true },
    bOffset: blocking.bOffset,
    threadScratch: blocking.threadScratch,
  };
}

/** The blocks that the words describe, with the thread's own scratch. */
export function blocksOf(f: FunctionBuilder, words: Words<BlockWord>, thread: Local<"i32">): ProductBlocks {
  const scratch = f.let(along(words.scratch, thread, words.threadScratch));
  return {
    depthBlock: words.depthBlock,
    rowBlock: words.rowBlock,
    panelBlock: words.panelBlock,
    scratch,
    bScratch: f.let(i32.add(scratch, words.bOffset)),
  };
}
