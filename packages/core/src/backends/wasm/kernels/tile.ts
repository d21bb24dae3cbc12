/**
 * The part of C that the micro-kernel keeps in registers: `rows` × `vectors` of four float32, and how many steps of K
 * one turn of its loop takes. Rows and columns of a tile change no bit of a product.
 */
export interface Tile {
  readonly rows: number;
  readonly vectors: number;
  readonly unroll: number;
  /** Whether rows of A that lie side by side along k are read in place, not packed. */
  readonly inPlace: boolean;
}

/** Engines by how they compile the micro-kernel's loop. */
export type TileClass =
  /** 128-bit code that spills when K is unrolled: Node 20, default Node 22, and plain multiply and add elsewhere. */
  | "narrow"
  /** Node 22 with Turboshaft, Node 24 and 26, with relaxed SIMD but without the revectorizer. */
  | "wide"
  /** Node 24 and 26 with the revectorizer and relaxed SIMD: pairs of vectors become 256 bits. */
  | "paired"
  /** The same without relaxed SIMD. */
  | "pairedPlain";

/** The tile that measured best in each class. */
export const tiles: Readonly<Record<TileClass, Tile>> = {
  narrow: { rows: 4, vectors: 2, unroll: 1, inPlace: false },
  wide: { rows: 6, vectors: 2, unroll: 1, inPlace: false },
  paired: { rows: 4, vectors: 4, unroll: 4, inPlace: true },
  pairedPlain: { rows: 3, vectors: 6, unroll: 4, inPlace: true },
};

/** Columns of a tile. */
export function columnsOf(tile: Tile): number {
  return tile.vectors * 4;
}

/** Names a tile in kernel keys. */
export function tileKey(tile: Tile): string {
  return `${tile.rows}x${columnsOf(tile)}u${tile.unroll}`;
}
