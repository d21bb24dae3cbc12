import { type FunctionBuilder, f32, i32, type Value, v128 } from "../../emit/index.ts";
import { minimum } from "../partition.ts";
import { addressesFrom, along } from "../place.ts";
import { transpose } from "./pack.ts";
import type { Product, Run } from "./product.ts";

/** Sides of the squares that are transposed in registers. */
const SQUARE = 4;

/**
 * Sides of the blocks that are mirrored at a time: cache lines of both sides stay in the cache, also where rows are a
 * power of two apart.
 */
export const MIRROR_ROWS = 16;

/** Copies what stands right of the diagonal in the rows `rows` of C, from a multiple of 16 on, to its image below it. */
export function mirror(
  f: FunctionBuilder,
  product: Pick<Product, "c" | "columns" | "cRow" | "cColumn">,
  rows: Run,
): void {
  const { c, columns, cRow, cColumn } = product;
  const [row, column] = [f.local("i32"), f.local("i32")];
  const [lastRow, lastColumn] = [f.local("i32"), f.local("i32")];
  const unitColumns = f.let(i32.eq(cColumn, 4));
  const element = (i: Value<"i32">, j: Value<"i32">): Value<"i32"> => i32.add(c, along(i32.mul(i, cRow), j, cColumn));

  f.for(row, rows.from, rows.to, MIRROR_ROWS, () => {
    f.set(lastRow, minimum(i32.add(row, MIRROR_ROWS), rows.to));
    f.for(column, row, columns, MIRROR_ROWS, () => {
      f.set(lastColumn, minimum(i32.add(column, MIRROR_ROWS), columns));
      const [height, width] = [i32.sub(lastRow, row), i32.sub(lastColumn, column)];
      const whole = i32.and(i32.eq(height, MIRROR_ROWS), i32.eq(width, MIRROR_ROWS));
      f.if(i32.and(i32.and(unitColumns, whole), i32.ne(row, column)), bySquares, byElements);
    });
  });

  function bySquares(): void {
    const [i, j] = [f.local("i32"), f.local("i32")];
    f.for(i, row, lastRow, SQUARE, () =>
      f.for(j, column, lastColumn, SQUARE, () => {
        const lines = addressesFrom(f, element(i, j), cRow, SQUARE).map((address) => f.let(v128.load(address)));
        const images = addressesFrom(f, element(j, i), cRow, SQUARE);
        for (const [lane, line] of transpose(f, lines).entries()) f.do(v128.store(images[lane], line));
      }),
    );
  }

  function byElements(): void {
    const [i, j] = [f.local("i32"), f.local("i32")];
    f.for(i, row, lastRow, 1, () =>
      f.for(j, column, lastColumn, 1, () =>
        f.if(i32.ltS(i, j), () => f.do(f32.store(element(j, i), f32.load(element(i, j))))),
      ),
    );
  }
}
