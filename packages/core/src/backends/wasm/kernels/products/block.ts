import { type FunctionBuilder, f32, i32, type Local, select, type Value } from "../../emit/index.ts";
import { minimum } from "../partition.ts";
import { along } from "../place.ts";
import { columnsOf, type Tile } from "../tile.ts";
import { multiplyTile, type TileRows } from "./microkernel.ts";

/** The rows of A that belong to a block of C. */
export type BlockRows =
  /** Packed tile by tile. */
  | { readonly kind: "packed"; readonly panels: Local<"i32"> }
  /** In place: the address of the first, and bytes from row to row; their elements lie side by side along k. */
  | { readonly kind: "inPlace"; readonly first: Local<"i32">; readonly stride: Local<"i32"> };

/** A block of C and what it is the product of. */
export interface Block {
  readonly a: BlockRows;
  /** Packed B, panel by panel. */
  readonly bPanels: Local<"i32">;
  /** Steps of K. */
  readonly depth: Local<"i32">;
  /** Rows and columns of the block; the last tile and panel may be ragged. */
  readonly rows: Local<"i32">;
  readonly columns: Local<"i32">;
  /** Address of the block's first element, and bytes between rows and columns. */
  readonly c: Local<"i32">;
  readonly rowStride: Local<"i32">;
  readonly columnStride: Local<"i32">;
  /** Not 0: sums start from 0, else from what C holds. */
  readonly fresh: Local<"i32">;
  /** Scratch for one tile. */
  readonly edge: Local<"i32">;
  /**
   * Of a symmetric C the tiles that lie wholly below the diagonal are left out: column j of the block meets the diagonal
   * at row `diagonal` + j. `null`: all tiles.
   */
  readonly diagonal: Local<"i32"> | null;
}

/** C = (fresh ? 0 : C) + A·B, tile by tile; a panel of B stays in the first-level cache over all rows. */
export function multiplyBlock(f: FunctionBuilder, tile: Tile, relaxed: boolean, block: Block): void {
  const width = columnsOf(tile);
  const { depth, rows, columns, c, rowStride, columnStride, fresh, edge, diagonal } = block;
  const row = f.local("i32");
  const column = f.local("i32");
  const [b, bPanel] = [f.local("i32"), f.let(block.bPanels)];
  const corner = f.local("i32");
  const [target, targetStride] = [f.local("i32"), f.local("i32")];
  const [tileRows, tileColumns, ragged] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const unitColumns = f.let(i32.eq(columnStride, 4));
  const lastRow = f.local("i32");
  const rowsOfA = walkRows(f, tile, block.a);

  f.for(column, 0, columns, width, () => {
    f.set(tileColumns, minimum(i32.sub(columns, column), i32.const(width)));
    f.set(lastRow, diagonal ? minimum(rows, i32.add(i32.add(diagonal, column), tileColumns)) : rows);
    rowsOfA.start();
    f.for(row, 0, lastRow, tile.rows, () => {
      f.set(tileRows, minimum(i32.sub(rows, row), i32.const(tile.rows)));
      f.set(corner, i32.add(c, along(i32.mul(row, rowStride), column, columnStride)));
      const whole = i32.and(i32.eq(tileRows, tile.rows), i32.eq(tileColumns, width));
      f.set(ragged, i32.eqz(i32.and(unitColumns, whole)));
      f.set(target, corner);
      f.set(targetStride, rowStride);
      f.if(ragged, () => {
        f.set(target, edge);
        f.set(targetStride, i32.const(width * 4));
        f.if(i32.eqz(fresh), () => copyTile((outside, inside) => f.do(f32.store(inside, f32.load(outside)))));
      });
      f.set(b, bPanel);
      const a = rowsOfA.next(tileRows);
      multiplyTile(f, tile, relaxed, { a, b, depth, c: target, rowStride: targetStride, fresh });
      f.if(ragged, () => copyTile((outside, inside) => f.do(f32.store(outside, f32.load(inside)))));
    });
    f.advance(bPanel, i32.mul(depth, width * 4));
  });

  /** Visits the elements of a ragged tile: their address in C, and in the scratch tile. */
  function copyTile(copy: (outside: Value<"i32">, inside: Value<"i32">) => void): void {
    const [i, j] = [f.local("i32"), f.local("i32")];
    const [outside, inside] = [f.local("i32"), f.local("i32")];
    f.for(i, 0, tileRows, 1, () => {
      f.set(outside, along(corner, i, rowStride));
      f.set(inside, along(edge, i, width * 4));
      f.for(j, 0, tileColumns, 1, () => {
        copy(outside, inside);
        f.advance(outside, columnStride);
        f.advance(inside, 4);
      });
    });
  }
}

/** Takes tile after tile of a block's rows. */
interface RowWalk {
  /** Writes the code that goes back to the first tile. */
  start(): void;
  /** Writes the code that takes up the next tile, of which `valid` rows are there. */
  next(valid: Local<"i32">): TileRows;
}

function walkRows(f: FunctionBuilder, tile: Tile, a: BlockRows): RowWalk {
  const from = f.local("i32");
  if (a.kind === "packed") {
    return { start: () => f.set(from, a.panels), next: () => ({ kind: "packed", address: from }) };
  }
  const addresses = Array.from({ length: tile.rows }, () => f.local("i32"));
  return {
    start: () => f.set(from, a.first),
    next: (valid) => {
      for (const [row, address] of addresses.entries()) {
        // What is beyond the last row is that row again, and goes nowhere.
        const step = select(i32.gtS(valid, row), a.stride, i32.const(0));
        f.set(address, row === 0 ? from : i32.add(addresses[row - 1], step));
      }
      f.advance(from, i32.mul(a.stride, tile.rows));
      return { kind: "inPlace", addresses };
    },
  };
}
