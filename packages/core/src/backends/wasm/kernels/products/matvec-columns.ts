import { type FunctionBuilder, i32, v128 } from "../../emit/index.ts";
import { minimum } from "../partition.ts";
import { along } from "../place.ts";
import type { Reader } from "../stored.ts";
import type { FewRows, FewRowsCode } from "./matvec.ts";
import { multiplyAdd } from "./microkernel.ts";
import type { Run } from "./product.ts";

/** Bytes of sums that a thread holds at a time. */
export const sumBytes: number = 1 << 14;
/** Steps of K taken at a time: for each a row of B is read. */
const STEPS = 4;
/** Most factors of A that are kept in registers. */
const FACTORS = 8;

/** The columns `run` of C, where columns of B lie side by side; the sums are in `scratch` while B's rows go by. */
export function multiplyAlongColumns(
  f: FunctionBuilder,
  { rows, relaxed }: FewRowsCode,
  elements: Reader,
  product: FewRows,
  run: Run,
  scratch: FewRows["a"],
): void {
  const { b, c, depth, bDepth, cRow, cColumn } = product;
  const most = Math.floor(sumBytes / (rows * 16)) * 4;
  const rowBytes = most * 4;
  const all = Array.from({ length: rows }, (_, row) => row);
  const [first, count, k, a] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  const [from, at, end, line] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];

  f.for(first, run.from, run.to, most, () => {
    f.set(count, minimum(i32.sub(run.to, first), i32.const(most)));
    f.set(end, along(scratch, count, 4));
    f.for(at, scratch, end, 16, () => {
      for (const row of all) f.do(v128.store(at, v128.const(0, 0, 0, 0), row * rowBytes));
    });
    f.set(a, product.a);
    f.set(k, i32.const(0));
    f.while(i32.leS(i32.add(k, STEPS), depth), () => steps(STEPS));
    f.while(i32.ltS(k, depth), () => steps(1));
    for (const row of all) {
      const target = f.let(i32.add(along(c, i32.const(row), cRow), i32.mul(first, cColumn)));
      f.for(at, scratch, end, 4, () => {
        f.do(i32.store(target, i32.load(at, row * rowBytes)));
        f.advance(target, cColumn);
      });
    }
  });

  /** Adds the products of `taken` rows of B. */
  function steps(taken: number): void {
    const splat = (step: number, row: number) => v128.load32Splat(a, (step * rows + row) * 4);
    const offsets = Array.from({ length: taken }, (_, step) => step);
    const kept = rows * taken <= FACTORS ? offsets.map((s) => all.map((row) => f.let(splat(s, row)))) : null;
    f.set(from, i32.add(along(b, k, bDepth), i32.mul(first, elements.bytes)));
    const whole = f.let(along(scratch, i32.and(count, -4), 4));
    f.for(at, scratch, whole, 16, () => {
      const sums = all.map((row) => f.let(v128.load(at, row * rowBytes)));
      f.set(line, from);
      for (const step of offsets) {
        const part = f.let(elements.vector(line));
        f.advance(line, bDepth);
        for (const row of all) {
          f.set(sums[row], multiplyAdd(relaxed, kept ? kept[step][row] : splat(step, row), part, sums[row]));
        }
      }
      for (const row of all) f.do(v128.store(at, sums[row], row * rowBytes));
      f.advance(from, 4 * elements.bytes);
    });
    // The last columns, where they are no four.
    f.for(at, whole, end, 4, () => {
      for (const row of all) {
        const sum = f.let(v128.load32Splat(at, row * rowBytes));
        f.set(line, from);
        for (const step of offsets) {
          f.set(sum, multiplyAdd(relaxed, splat(step, row), elements.splat(line), sum));
          f.advance(line, bDepth);
        }
        f.do(v128.store32Lane(at, sum, 0, row * rowBytes));
      }
      f.advance(from, elements.bytes);
    });
    f.advance(k, taken);
    f.advance(a, taken * rows * 4);
  }
}
