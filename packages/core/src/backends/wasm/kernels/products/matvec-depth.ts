import { type FunctionBuilder, i32, select, type Value, type Vector, v128 } from "../../emit/index.ts";
import { minimum } from "../partition.ts";
import { along } from "../place.ts";
import type { Reader } from "../stored.ts";
import type { FewRows, FewRowsCode } from "./matvec.ts";
import { multiplyAdd } from "./microkernel.ts";
import { transpose } from "./pack.ts";
import type { Run } from "./product.ts";

/** Most rows whose sums of eight columns find room in registers. */
const ROWS_OF_EIGHT = 4;
const LINE = 64;

/** How many columns are summed at a time: eight are two chains of multiply-adds, and no more streams than a cache has ways. */
export function columnsTogether({ rows }: Pick<FewRowsCode, "rows">): number {
  return rows <= ROWS_OF_EIGHT ? 8 : 4;
}

/**
 * The columns `run` of C, where every column of B lies side by side along k: squares of 4×4 words are transposed in
 * registers, so that four columns are summed step by step.
 */
export function multiplyAlongDepth(
  f: FunctionBuilder,
  code: FewRowsCode,
  elements: Reader,
  product: FewRows,
  run: Run,
): void {
  const { rows, relaxed } = code;
  const { b, c, columns, depth, bColumn, cRow, cColumn } = product;
  const width = columnsTogether(code);
  const vectors = Array.from({ length: width / 4 }, (_, v) => v);
  const sums = Array.from({ length: rows }, () => vectors.map(() => f.local("v128")));
  const addresses = Array.from({ length: width }, () => f.local("i32"));
  const [column, valid, a, at, end] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  /** One step of all sums: the elements of A follow those at `a` by `offset`. */
  const step = (offset: number, v: number, part: Vector): void => {
    for (const [row, sum] of sums.entries()) {
      const scalar = v128.load32Splat(a, (offset * rows + row) * 4);
      f.set(sum[v], multiplyAdd(relaxed, scalar, part, sum[v]));
    }
  };

  f.for(column, run.from, run.to, width, () => {
    f.set(valid, minimum(i32.sub(run.to, column), i32.const(width)));
    f.set(a, product.a);
    for (const [i, address] of addresses.entries()) {
      // What is beyond the last column is that column again, and goes nowhere.
      const next = select(i32.gtS(valid, i), bColumn, i32.const(0));
      f.set(address, i === 0 ? along(b, column, bColumn) : i32.add(addresses[i - 1], next));
    }
    for (const sum of sums.flat()) f.set(sum, v128.const(0, 0, 0, 0));
    f.set(at, i32.const(0));
    f.if(i32.eq(valid, width), () => {
      f.set(end, i32.and(i32.mul(depth, elements.bytes), -16));
      f.if(end, bySquares);
    });
    f.set(end, i32.mul(depth, elements.bytes));
    f.while(i32.ltS(at, end), () => {
      for (const v of vectors) {
        const four = addresses.slice(v * 4, v * 4 + 4).map((address) => i32.add(address, at));
        step(0, v, f.let(elements.lanes(four)));
      }
      f.advance(at, elements.bytes);
      f.advance(a, rows * 4);
    });
    store();
  });

  /** Sixteen bytes of each column a turn, as far as they go. */
  function bySquares(): void {
    const last = f.let(i32.add(addresses[0], end));
    const from = f.let(addresses[0]);
    const ahead = elements.perWord > 1 ? f.let(touched()) : null;
    const each = f.local("i32");
    f.repeat(
      () => {
        if (ahead) {
          for (const v of vectors) f.drop(i32.load8U(ahead, v * LINE));
          f.advance(ahead, vectors.length * LINE);
        }
        f.set(each, from);
        for (const v of vectors) {
          const words = [0, 1, 2, 3].map(() => {
            const word = f.let(v128.load(each));
            f.advance(each, bColumn);
            return word;
          });
          for (const [j, square] of transpose(f, words).entries()) {
            const parts = elements.parts(square).map((part) => f.let(part));
            for (const [i, part] of parts.entries()) step(j * elements.perWord + i, v, part);
          }
        }
        f.advance(from, 16);
        f.advance(a, 16 * elements.perWord * rows);
      },
      i32.ne(from, last),
    );
    f.set(at, end);
  }

  /**
   * Where what is read next begins, if it follows without a gap: its lines are touched one after the other, which keeps
   * memory busy while narrow elements, twice the work for every byte, are computed with.
   */
  function touched(): Value<"i32"> {
    const bytes = f.let(i32.mul(depth, elements.bytes));
    const follows = i32.and(i32.eq(bColumn, bytes), i32.leS(i32.add(column, 2 * width), columns));
    return select(follows, i32.add(addresses[0], i32.mul(bytes, width)), addresses[0]);
  }

  function store(): void {
    const target = f.let(along(c, column, cColumn));
    const row = (r: number): Value<"i32"> => along(target, i32.const(r), cRow);
    f.if(
      i32.and(i32.eq(cColumn, 4), i32.eq(valid, width)),
      () => {
        for (const [r, sum] of sums.entries()) for (const v of vectors) f.do(v128.store(row(r), sum[v], v * 16));
      },
      () => {
        for (let i = 0; i < width; i++) {
          f.if(i32.gtS(valid, i), () => {
            for (const [r, sum] of sums.entries()) f.do(v128.store32Lane(row(r), sum[i >> 2], i & 3));
          });
          f.advance(target, cColumn);
        }
      },
    );
  }
}
