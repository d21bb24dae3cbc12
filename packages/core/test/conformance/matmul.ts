import fc from "fast-check";
import { permuteView } from "../../src/plan/view.ts";
import type { Case, Tolerance } from "./case.ts";
import { operand, result } from "./places.ts";
import { PlanBuilder } from "./plan-builder.ts";
import { type FloatDType, finite, type Pool, pools, wholes } from "./values.ts";
import { layouts, targets } from "./views.ts";

/** Operands of a product with what its result may deviate. Whole numbers are exact in any order; NaN and ∞ spread. */
export interface Factors {
  readonly a: Pool;
  readonly b: Pool;
  readonly tolerance: (terms: number) => Tolerance;
}

const largest = 10;

export function factors(float: FloatDType): fc.Arbitrary<Factors> {
  const exact = fc.oneof(
    { arbitrary: wholes, weight: 30 },
    { arbitrary: fc.constantFrom(NaN, Infinity, -Infinity), weight: 1 },
  );
  const epsilon = float === "float32" ? 2 ** -24 : 2 ** -53;
  return fc.oneof(
    fc.record({
      a: pools(exact),
      b: pools(exact),
      tolerance: fc.constant(() => ({ relative: 0, absolute: 0 })),
    }),
    // |error| ≤ 2·n·ε·Σ|terms| for n terms.
    fc.record({
      a: pools(finite(float, largest)),
      b: pools(finite(float, largest)),
      tolerance: fc.constant((n: number) => ({ relative: 0, absolute: 2 * n * epsilon * n * largest ** 2 })),
    }),
  );
}

/** Extents from nothing to more than a tile. */
export const extents: fc.Arbitrary<number> = fc.oneof(
  { arbitrary: fc.nat(9), weight: 3 },
  { arbitrary: fc.nat(70), weight: 1 },
);

/** Batched products with every operand transposed, strided, reversed or broadcast over the batch; A·Aᵀ as symmetric. */
export function matmulCases(float: FloatDType = "float32"): fc.Arbitrary<Case> {
  return fc
    .record({
      batch: fc.array(fc.constantFrom(1, 2, 3, 0), { maxLength: 2 }),
      m: extents,
      n: extents,
      k: extents,
      symmetric: fc.constantFrom(false, false, true),
      layouts: fc.tuple(layouts, layouts),
      target: targets,
      factors: factors(float),
    })
    .map(({ batch, m, n: columns, k, symmetric, layouts: lays, target, factors: { a, b, tolerance } }) => {
      const plan = new PlanBuilder();
      const n = symmetric ? m : columns;
      const inBatch = (axis: number): boolean => axis < batch.length;
      const left = operand(plan, float, [...batch, m, k], lays[0], a, inBatch);
      const transposed = [...batch.keys(), batch.length + 1, batch.length];
      const right = symmetric
        ? { buffer: left.buffer, view: permuteView(left.view, transposed) }
        : operand(plan, float, [...batch, k, n], lays[1], b, inBatch);
      plan.step({
        kind: "matmul",
        label: "matmul",
        batch,
        m,
        n,
        k,
        a: left,
        b: right,
        c: result(plan, float, [...batch, m, n], target),
        symmetric,
      });
      return plan.build(`[${batch}] ${m}×${k} by ${k}×${n}${symmetric ? ", symmetric" : ""}`, tolerance(k));
    });
}
