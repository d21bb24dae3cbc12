import type { TypedArray } from "../../../dtype.ts";
import type { ScanKernel } from "../../../plan/plan.ts";
import { blank, computed, read, write } from "../arrays.ts";
import type { Frame } from "../frame.ts";
import { pieceSize } from "../pieces.ts";

/** Row by row, step by step; products and sums are rounded to the dtype as they are stored. */
export function* scan(kernel: ScanKernel, frame: Frame): Generator<void, void> {
  const { rows, length } = kernel;
  const terms = kernel.terms && (yield* read(frame, kernel.terms));
  const factors = kernel.factors && (yield* read(frame, kernel.factors));
  const out = computed(frame, kernel.out);
  const scaled = blank(out, 1);
  const multiply = out instanceof Int32Array ? Math.imul : (a: number, b: number) => a * b;
  for (let i = 0; i < rows * length; i++) {
    if (i % length === 0) {
      out[i] = ((terms ?? factors) as TypedArray)[i];
    } else {
      scaled[0] = factors ? multiply(factors[i], out[i - 1]) : out[i - 1];
      out[i] = terms ? scaled[0] + terms[i] : scaled[0];
    }
    if (i % pieceSize === 0) yield;
  }
  yield* write(frame, kernel.out, out);
}
