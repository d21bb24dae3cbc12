import type { MatmulKernel } from "../../../plan/plan.ts";
import { sizeOf } from "../../../plan/view.ts";
import { computed, read, write } from "../arrays.ts";
import type { Frame } from "../frame.ts";
import { matrixAt, multiply } from "./products.ts";

/** Computes all of C, also where it is known to be symmetric. */
export function* matmul({ batch, m, n, k, a, b, c }: MatmulKernel, frame: Frame): Generator<void, void> {
  const left = yield* read(frame, a);
  const right = yield* read(frame, b);
  const result = computed(frame, c);
  for (let i = 0; i < sizeOf(batch); i++) {
    const [ai, bi, ci] = [matrixAt(left, i * m * k, k), matrixAt(right, i * k * n, n), matrixAt(result, i * m * n, n)];
    yield* multiply(ai, bi, ci, m, n, k);
  }
  yield* write(frame, c, result);
}
