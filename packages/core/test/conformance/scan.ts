import fc from "fast-check";
import type { ComputeDType } from "../../src/dtype.ts";
import type { Case } from "./case.ts";
import { operand, result } from "./places.ts";
import { PlanBuilder } from "./plan-builder.ts";
import { type FloatDType, floats, ints, pools } from "./values.ts";
import { anyAxis, layouts, targets } from "./views.ts";

/** Running sums, running products and linear recurrences; equal to the bit, since they go step by step. */
export function scanCases(float: FloatDType = "float32"): fc.Arbitrary<Case> {
  return fc.oneof(scansOf(float, floats(float)), scansOf("int32", ints));
}

function scansOf(dtype: ComputeDType, numbers: fc.Arbitrary<number>): fc.Arbitrary<Case> {
  return fc
    .record({
      rows: fc.nat(20),
      length: fc.oneof(fc.nat(9), fc.nat(200)),
      operands: fc.constantFrom("terms", "factors", "terms and factors"),
      pool: pools(numbers),
      scale: pools(fc.oneof(fc.constantFrom(1, -1, 2), numbers)),
      layouts: fc.tuple(layouts, layouts),
      out: targets,
    })
    .map(({ rows, length, operands, pool, scale, layouts: [terms, factors], out }) => {
      const plan = new PlanBuilder();
      const shape = [rows, length];
      plan.step({
        kind: "scan",
        label: "scan",
        rows,
        length,
        terms: operands.includes("terms") ? operand(plan, dtype, shape, terms, pool, anyAxis) : null,
        factors: operands.includes("factors") ? operand(plan, dtype, shape, factors, scale, anyAxis) : null,
        out: result(plan, dtype, shape, out),
      });
      return plan.build(`scan of ${operands} of ${rows} rows of ${length} ${dtype}`, "bits");
    });
}
