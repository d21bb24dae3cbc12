import type { SegmentSumKernel } from "../../../plan/plan.ts";
import { type FunctionBuilder, f32, f32x4, i32, type Local, type Value, v128 } from "../emit/index.ts";
import { kernelCall } from "./arguments.ts";
import { groupOf } from "./groups.ts";
import { type Launch, nothing, onePhase } from "./kernel.ts";
import { ceilingDivide, minimum } from "./partition.ts";
import { along, byteStride, ELEMENT, placeWords } from "./place.ts";

/** Columns that a thread sums at a time: eight vectors of sums stay in registers. */
const COLUMNS = 32;

/**
 * out[s] = Σ of the rows of segment s, each element added in the order of `permutation` from 0. The threads take turns
 * at blocks of columns, so that a segment of many rows is shared by all where its width allows.
 */
export function segmentSum(kernel: SegmentSumKernel): Launch {
  const { input, permutation, offsets, out, segments, width } = kernel;
  if (segments * width === 0) return nothing;
  const dense = byteStride(input, 1) === ELEMENT && byteStride(out, 1) === ELEMENT;
  const block = {
    ...placeWords("input", input, "Row", "Column"),
    ...placeWords("permutation", permutation, "Step"),
    ...placeWords("offsets", offsets, "Step"),
    ...placeWords("out", out, "Row", "Column"),
    segments,
    width,
  };
  const call = kernelCall(`segmentSum:${dense ? "dense" : "strided"}`, block, (f, words, { thread, threads }) => {
    const segment = groupOf(f, words);
    const blocks = f.let(ceilingDivide(words.width, COLUMNS));
    const [unit, index, column] = [f.local("i32"), f.local("i32"), f.local("i32")];
    f.for(unit, thread, i32.mul(words.segments, blocks), threads, () => {
      f.set(index, i32.divU(unit, blocks));
      segment.select(index);
      f.set(column, i32.mul(i32.remU(unit, blocks), COLUMNS));
      const end = f.let(minimum(i32.add(column, COLUMNS), words.width));
      const input = f.let(along(words.input, column, words.inputColumn));
      const out = f.let(i32.add(words.out, along(i32.mul(index, words.outRow), column, words.outColumn)));
      const permutation = f.let(along(words.permutation, segment.first, words.permutationStep));
      /** Visits the segment's rows in order, at the current column. */
      const eachRow = (body: (element: Local<"i32">) => void): void => {
        const entry = f.let(permutation);
        const [i, element] = [f.local("i32"), f.local("i32")];
        f.for(i, 0, segment.rows, 1, () => {
          f.set(element, along(input, i32.load(entry), words.inputRow));
          body(element);
          f.advance(entry, words.permutationStep);
        });
      };
      const next = (columns: number): void => {
        f.advance(column, columns);
        f.advance(input, i32.mul(words.inputColumn, columns));
        f.advance(out, i32.mul(words.outColumn, columns));
      };
      const columnsLeft = i32.sub(end, column);
      if (dense) {
        for (const vectors of [COLUMNS / 4, 1]) {
          f.while(i32.geS(columnsLeft, vectors * 4), () => {
            sumVectors(f, vectors, eachRow, out);
            next(vectors * 4);
          });
        }
      }
      f.while(columnsLeft, () => {
        const sum = f.let(f32.const(0));
        eachRow((element) => f.set(sum, f32.add(sum, f32.load(element))));
        f.do(f32.store(out, sum));
        next(1);
      });
    });
  });
  return onePhase(call);
}

function sumVectors(
  f: FunctionBuilder,
  vectors: number,
  eachRow: (body: (element: Local<"i32">) => void) => void,
  out: Value<"i32">,
): void {
  const sums = Array.from({ length: vectors }, () => f.let(v128.const(0, 0, 0, 0)));
  eachRow((element) => {
    for (const [i, sum] of sums.entries()) f.set(sum, f32x4.add(sum, v128.load(element, i * 16)));
  });
  for (const [i, sum] of sums.entries()) f.do(v128.store(out, sum, i * 16));
}
