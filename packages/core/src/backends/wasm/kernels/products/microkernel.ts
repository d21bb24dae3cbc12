import { type FunctionBuilder, f32x4, i32, type Local, type Value, type Vector, v128 } from "../../emit/index.ts";
import { along } from "../place.ts";
import { columnsOf, type Tile } from "../tile.ts";

/** The tile's rows of A. */
export type TileRows =
  /** Packed: for every k the rows side by side. The address is moved to the end. */
  | { readonly kind: "packed"; readonly address: Local<"i32"> }
  /** In place: the address of each row, whose elements lie side by side along k. The addresses are moved to the ends. */
  | { readonly kind: "inPlace"; readonly addresses: readonly Local<"i32">[] };

export interface TileProduct {
  readonly a: TileRows;
  /** Packed B: for every k the tile's columns side by side. Moved to its end. */
  readonly b: Local<"i32">;
  readonly depth: Local<"i32">;
  /** The tile of C: columns side by side, rows `rowStride` bytes apart. */
  readonly c: Local<"i32">;
  readonly rowStride: Local<"i32">;
  /** Not 0: sums start from 0, else from what C holds. */
  readonly fresh: Local<"i32">;
}

/**
 * C = (fresh ? 0 : C) + A·B for one tile in registers. Every sum runs over k in rising order, one multiply-add a step,
 * so that a sum continued from C has the bits of one that never stopped.
 */
export function multiplyTile(f: FunctionBuilder, tile: Tile, relaxed: boolean, product: TileProduct): void {
  const { a, b, depth, c, rowStride, fresh } = product;
  const packed = a.kind === "packed";
  const aAddresses = packed ? [a.address] : a.addresses;
  const [first] = aAddresses;
  const aStep = packed ? tile.rows * 4 : 4;
  const bStep = columnsOf(tile) * 4;
  const rows = Array.from({ length: tile.rows }, (_, row) => row);
  const vectors = Array.from({ length: tile.vectors }, (_, vector) => vector);
  const sums = rows.map(() => vectors.map(() => f.local("v128")));
  const bVectors = vectors.map(() => f.local("v128"));
  const rowStarts = rows.map(() => f.local("i32"));
  const cVector = (row: number, vector: number): Vector => v128.load(rowStarts[row], vector * 16);

  for (const row of rows) f.set(rowStarts[row], row === 0 ? c : i32.add(rowStarts[row - 1], rowStride));
  f.if(
    fresh,
    () => each((row, vector) => f.set(sums[row][vector], v128.const(0, 0, 0, 0))),
    () => each((row, vector) => f.set(sums[row][vector], cVector(row, vector))),
  );

  /** `count` steps of K from the pointers on. */
  const steps = (count: number): void => {
    for (let k = 0; k < count; k++) {
      for (const vector of vectors) f.set(bVectors[vector], v128.load(b, k * bStep + vector * 16));
      for (const row of rows) {
        const scalar = f.let(
          packed ? v128.load32Splat(first, k * aStep + row * 4) : v128.load32Splat(aAddresses[row], k * aStep),
        );
        for (const vector of vectors) {
          f.set(sums[row][vector], multiplyAdd(relaxed, scalar, bVectors[vector], sums[row][vector]));
        }
      }
    }
    for (const address of aAddresses) f.advance(address, count * aStep);
    f.advance(b, count * bStep);
  };
  const loopTo = (end: Local<"i32">, count: number): void =>
    f.if(i32.ne(first, end), () => f.repeat(() => steps(count), i32.ne(first, end)));

  const end = f.let(along(first, depth, aStep));
  if (tile.unroll > 1) {
    const whole: Value<"i32"> = i32.sub(depth, i32.remU(depth, tile.unroll));
    loopTo(f.let(along(first, whole, aStep)), tile.unroll);
  }
  loopTo(end, 1);

  each((row, vector) => f.do(v128.store(rowStarts[row], sums[row][vector], vector * 16)));

  function each(body: (row: number, vector: number) => void): void {
    for (const row of rows) for (const vector of vectors) body(row, vector);
  }
}

/** sum + a·b in every lane: rounded once where `relaxed` and the machine does, else twice. */
export function multiplyAdd(relaxed: boolean, a: Vector, b: Vector, sum: Vector): Vector {
  return relaxed ? f32x4.relaxedMadd(a, b, sum) : f32x4.add(f32x4.mul(a, b), sum);
}
