import type { GroupedContractionKernel, GroupedRowsKernel } from "../../../plan/plan.ts";
import { computed, read, write } from "../arrays.ts";
import type { Frame } from "../frame.ts";
import { checkOffsets } from "./offsets.ts";
import { matrixAt, multiply, transposed } from "./products.ts";

/** The rows of each group times its own matrix. */
export function* groupedRows(kernel: GroupedRowsKernel, frame: Frame): Generator<void, void> {
  const { rows, n, k, groups, label } = kernel;
  const a = yield* read(frame, kernel.a);
  const b = yield* read(frame, kernel.b);
  const offsets = yield* read(frame, kernel.offsets);
  checkOffsets(offsets, rows, label);
  const c = computed(frame, kernel.c);
  for (let group = 0; group < groups; group++) {
    const [start, end] = [offsets[group], offsets[group + 1]];
    const [ag, bg, cg] = [matrixAt(a, start * k, k), matrixAt(b, group * k * n, n), matrixAt(c, start * n, n)];
    yield* multiply(ag, bg, cg, end - start, n, k);
  }
  yield* write(frame, kernel.c, c);
}

/** For each group, its rows of A, transposed, times its rows of B. */
export function* groupedContraction(kernel: GroupedContractionKernel, frame: Frame): Generator<void, void> {
  const { rows, m, n, groups, label } = kernel;
  const a = yield* read(frame, kernel.a);
  const b = yield* read(frame, kernel.b);
  const offsets = yield* read(frame, kernel.offsets);
  checkOffsets(offsets, rows, label);
  const c = computed(frame, kernel.c);
  for (let group = 0; group < groups; group++) {
    const [start, end] = [offsets[group], offsets[group + 1]];
    const [ag, bg, cg] = [matrixAt(a, start * m, m), matrixAt(b, start * n, n), matrixAt(c, group * m * n, n)];
    yield* multiply(transposed(ag), bg, cg, m, n, end - start);
  }
  yield* write(frame, kernel.c, c);
}
