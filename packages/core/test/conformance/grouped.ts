import fc from "fast-check";
import type { Place } from "../../src/plan/plan.ts";
import { contiguous } from "../../src/plan/view.ts";
import type { Case } from "./case.ts";
import { extents, factors } from "./matmul.ts";
import { operand, result } from "./places.ts";
import { PlanBuilder } from "./plan-builder.ts";
import type { FloatDType } from "./values.ts";
import { layouts, noAxis, targets } from "./views.ts";

/** Rows of each group, many of them none; now and then more groups than a machine has threads. */
const groupSizes: fc.Arbitrary<number[]> = fc.oneof(
  fc.array(fc.constantFrom(0, 0, 1, 2, 5, 17, 40), { maxLength: 6 }),
  fc.array(fc.constantFrom(0, 0, 1, 3), { minLength: 16, maxLength: 40 }),
);

/** `offsets` of groups of these sizes, as an operand. */
export function offsetsOf(plan: PlanBuilder, sizes: readonly number[]): Place {
  const offsets = new Int32Array(sizes.length + 1);
  for (const [group, size] of sizes.entries()) offsets[group + 1] = offsets[group] + size;
  return { buffer: plan.value("int32", offsets), view: contiguous([offsets.length]) };
}

export function total(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}

export function groupedRowsCases(float: FloatDType = "float32"): fc.Arbitrary<Case> {
  return fc
    .record({
      sizes: groupSizes,
      n: extents,
      k: extents,
      layouts: fc.tuple(layouts, layouts),
      target: targets,
      factors: factors(float),
    })
    .map(({ sizes, n, k, layouts: lays, target, factors: { a, b, tolerance } }) => {
      const plan = new PlanBuilder();
      const [rows, groups] = [total(sizes), sizes.length];
      plan.step({
        kind: "groupedRows",
        label: "grouped rows",
        rows,
        n,
        k,
        groups,
        a: operand(plan, float, [rows, k], lays[0], a, noAxis),
        b: operand(plan, float, [groups, k, n], lays[1], b, noAxis),
        offsets: offsetsOf(plan, sizes),
        c: result(plan, float, [rows, n], target),
      });
      return plan.build(`rows in groups of [${sizes}], ${k} by ${k}×${n}`, tolerance(k));
    });
}

export function groupedContractionCases(float: FloatDType = "float32"): fc.Arbitrary<Case> {
  return fc
    .record({
      sizes: groupSizes,
      m: extents,
      n: extents,
      layouts: fc.tuple(layouts, layouts),
      target: targets,
      factors: factors(float),
    })
    .map(({ sizes, m, n, layouts: lays, target, factors: { a, b, tolerance } }) => {
      const plan = new PlanBuilder();
      const [rows, groups] = [total(sizes), sizes.length];
      plan.step({
        kind: "groupedContraction",
        label: "grouped contraction",
        rows,
        m,
        n,
        groups,
        a: operand(plan, float, [rows, m], lays[0], a, noAxis),
        b: operand(plan, float, [rows, n], lays[1], b, noAxis),
        offsets: offsetsOf(plan, sizes),
        c: result(plan, float, [groups, m, n], target),
      });
      return plan.build(`contraction of groups of [${sizes}] to ${m}×${n}`, tolerance(Math.max(0, ...sizes)));
    });
}
