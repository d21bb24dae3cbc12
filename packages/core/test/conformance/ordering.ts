import fc from "fast-check";
import type { ComputeDType } from "../../src/dtype.ts";
import { contiguous } from "../../src/plan/view.ts";
import type { Case } from "./case.ts";
import { offsetsOf, total } from "./grouped.ts";
import { operand, result } from "./places.ts";
import { PlanBuilder } from "./plan-builder.ts";
import { type FloatDType, floats, ints, pools, scramble } from "./values.ts";
import { anyAxis, layouts, targets } from "./views.ts";

/** Rows with ties, NaN, ±∞ and ±0, short and long, of which a part or all is sorted. */
export function sortCases(float: FloatDType = "float32"): fc.Arbitrary<Case> {
  const tied = fc.constantFrom(1, 2, 3);
  return fc.oneof(sortsOf(float, fc.oneof(floats(float), tied)), sortsOf("int32", fc.oneof(ints, tied)));
}

function sortsOf(dtype: ComputeDType, numbers: fc.Arbitrary<number>): fc.Arbitrary<Case> {
  return fc
    .record({
      size: fc.oneof(
        fc.tuple(fc.nat(20), fc.nat(9)),
        fc.tuple(fc.nat(20), fc.nat(200)),
        fc.tuple(fc.nat(2), fc.nat(900)),
      ),
      share: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
      descending: fc.boolean(),
      pool: pools(numbers),
      layout: layouts,
      indices: targets,
    })
    .map(({ size: [rows, length], share, descending, pool, layout, indices }) => {
      const plan = new PlanBuilder();
      const k = Math.round(share * length);
      plan.step({
        kind: "sort",
        label: "sort",
        rows,
        length,
        k,
        descending,
        input: operand(plan, dtype, [rows, length], layout, pool, anyAxis),
        indices: result(plan, "int32", [rows, k], indices),
      });
      const order = descending ? "falling" : "rising";
      return plan.build(`the first ${k} of ${rows} rows of ${length} ${dtype}, ${order}`, "bits");
    });
}

/** Ids with empty groups, and now and then one out of range. */
export function groupByCases(): fc.Arbitrary<Case> {
  return fc
    .record({
      length: fc.oneof(fc.nat(20), fc.nat(3000)),
      groups: fc.integer({ min: 1, max: 70 }),
      bad: fc.constantFrom(false, false, false, true),
      pool: pools(fc.nat(1000)),
      layout: layouts,
      permutation: targets,
      offsets: targets,
    })
    .map(({ length, groups, bad, pool, layout, permutation, offsets }) => {
      const plan = new PlanBuilder();
      const ids = pool.values.map((v) => v % groups);
      if (bad) ids.push(groups, -1);
      plan.step({
        kind: "groupBy",
        label: "group by",
        length,
        groups,
        ids: operand(plan, "int32", [length], layout, { ...pool, values: ids }, anyAxis),
        permutation: result(plan, "int32", [length], permutation),
        offsets: result(plan, "int32", [groups + 1], offsets),
        check: plan.check(groups),
      });
      return plan.build(`${length} ids in ${groups} groups${bad ? ", some out of range" : ""}`, "bits");
    });
}

/** Sums over segments of a scrambled order of the rows, many of them empty; equal to the bit, since the order is fixed. */
export function segmentSumCases(float: FloatDType = "float32"): fc.Arbitrary<Case> {
  return fc
    .record({
      sizes: fc.array(fc.constantFrom(0, 0, 1, 2, 5, 30), { maxLength: 40 }),
      width: fc.oneof(fc.nat(5), fc.nat(70)),
      salt: fc.nat(1000),
      pool: pools(floats(float)),
      layout: layouts,
      out: targets,
    })
    .map(({ sizes, width, salt, pool, layout, out }) => {
      const plan = new PlanBuilder();
      const rows = total(sizes);
      const order = [...new Array(rows).keys()].sort((p, q) => scramble(p + salt) - scramble(q + salt));
      plan.step({
        kind: "segmentSum",
        label: "segment sum",
        rows,
        segments: sizes.length,
        width,
        input: operand(plan, float, [rows, width], layout, pool, anyAxis),
        permutation: { buffer: plan.value("int32", Int32Array.from(order)), view: contiguous([rows]) },
        offsets: offsetsOf(plan, sizes),
        out: result(plan, float, [sizes.length, width], out),
      });
      return plan.build(`sums of segments of [${sizes}], ${width} wide`, "bits");
    });
}
