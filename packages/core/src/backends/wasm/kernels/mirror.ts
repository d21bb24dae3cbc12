import { type FunctionBuilder, f32, i32, type Local, v128 } from "../emit/index.ts";
import { transpose } from "./pack.ts";
import { minimum } from "./partition.ts";
import { along } from "./place.ts";
import type { Product, Run } from "./product.ts";

/** Sides of the squares that are transposed in registers. */
const SQUARE = 4;

/** Rows whose right parts are mirrored at a time: their images are runs of as many elements. */
export const MIRROR_ROWS = 16;

/** Copies what stands right of the diagonal in the rows `rows` of C, the first a multiple of four, to its image below it. */
export function mirror(
  f: FunctionBuilder,
  product: Pick<Product, "c" | "columns" | "cRow" | "cColumn">,
  rows: Run,
): void {
  const { c, columns, cRow, cColumn } = product;
  const [row, column, limit] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const unitColumns = f.let(i32.eq(cColumn, 4));
  const element = (r: Local<"i32">, j: Local<"i32">): Local<"i32"> =>
    f.let(i32.add(c, along(i32.mul(r, cRow), j, cColumn)));

  f.for(row, rows.from, rows.to, SQUARE, () => {
    const last = f.let(minimum(i32.add(row, SQUARE), rows.to));
    f.set(column, row);
    // The square on the diagonal, and whatever is no whole square.
    const byElements = (end: Local<"i32">): void => {
      const [r, j] = [f.local("i32"), f.local("i32")];
      f.for(r, row, last, 1, () => {
        f.set(j, column);
        f.if(i32.leS(j, r), () => f.set(j, i32.add(r, 1)));
        f.while(i32.ltS(j, end), () => {
          f.do(f32.store(element(j, r), f32.load(element(r, j))));
          f.advance(j, 1);
        });
      });
    };
    f.set(limit, minimum(last, columns));
    byElements(limit);
    f.set(column, limit);
    f.if(i32.and(unitColumns, i32.eq(i32.sub(last, row), SQUARE)), () => {
      f.while(i32.leS(i32.add(column, SQUARE), columns), () => {
        const [from, to] = [element(row, column), element(column, row)];
        const sources = [from];
        const targets = [to];
        for (let i = 1; i < SQUARE; i++) {
          sources.push(f.let(i32.add(sources[i - 1], cRow)));
          targets.push(f.let(i32.add(targets[i - 1], cRow)));
        }
        const lanes = transpose(
          f,
          sources.map((address) => f.let(v128.load(address))),
        );
        for (const [i, lane] of lanes.entries()) f.do(v128.store(targets[i], lane));
        f.advance(column, SQUARE);
      });
    });
    byElements(columns);
  });
}
