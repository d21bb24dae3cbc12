import fc from "fast-check";
import type { Constant, RunTimeNumber } from "../../src/plan/expr.ts";
import { contiguous } from "../../src/plan/view.ts";
import type { Case, Tolerance } from "./case.ts";
import { operand, result } from "./places.ts";
import { PlanBuilder } from "./plan-builder.ts";
import { type FloatDType, finite, type Pool, pools } from "./values.ts";
import { layouts, targets } from "./views.ts";

const extents: fc.Arbitrary<number> = fc.oneof(
  { arbitrary: fc.nat(9), weight: 3 },
  { arbitrary: fc.nat(70), weight: 1 },
);

/** Attention and its gradient: every operand in any layout, ragged shapes, shared heads, queries that see no key. */
export function attentionCases(float: FloatDType = "float32"): fc.Arbitrary<Case> {
  const ordinary = pools(finite(float, 1));
  const special = pools(
    fc.oneof(
      // A scaled query may underflow to 0, and 0·∞ is no number.
      { arbitrary: finite(float, 1).map((x) => (Math.abs(x) < 2 ** -100 ? 0 : x)), weight: 40 },
      { arbitrary: fc.constantFrom(NaN, Infinity, -Infinity), weight: 1 },
    ),
  );
  return fc
    .record({
      batch: fc.constantFrom(1, 2, 0),
      groups: fc.constantFrom(1, 2, 3),
      sharing: fc.constantFrom(1, 1, 2),
      queries: extents,
      keys: extents,
      width: extents,
      valueWidth: extents,
      causal: fc.boolean(),
      scale: fc.constantFrom(1, 0.125, -0.5, 0),
      atRunTime: fc.boolean(),
      layouts: fc.array(layouts, { minLength: 5, maxLength: 5 }),
      targets: fc.array(targets, { minLength: 4, maxLength: 4 }),
      pools: fc.array(ordinary, { minLength: 5, maxLength: 5 }),
      special: fc.array(special, { minLength: 5, maxLength: 5 }),
      isSpecial: fc.constantFrom(false, false, true),
    })
    .map(({ layouts: lays, targets: [ofOut, ...ofGradients], ...given }) => {
      const { batch, groups, sharing, queries, keys, width, valueWidth, causal, atRunTime } = given;
      const heads = groups * sharing;
      const plan = new PlanBuilder();
      // What is not seen is to be finite.
      const values: readonly Pool[] = given.isSpecial && !causal ? given.special : given.pools;
      const ofRows = [batch, heads, queries];
      const shapes = {
        q: [batch, heads, queries, width],
        k: [batch, groups, keys, width],
        v: [batch, groups, keys, valueWidth],
        dOut: [batch, heads, queries, valueWidth],
        delta: ofRows,
      };
      const [q, k, v, dOut, delta] = Object.values(shapes).map((shape, i) =>
        operand(plan, float, shape, lays[i], values[i], () => true),
      );
      const constant: Constant = { kind: "constant", dtype: float, value: given.scale };
      const scale: Constant | RunTimeNumber = atRunTime ? plan.number(float, given.scale) : constant;
      const label = "attention";
      const common = { label, batch, heads, groups, queries, keys, width, valueWidth, causal, scale, q, k, v };
      const logSumExp = { buffer: plan.output(float, ofRows), view: contiguous(ofRows) };
      plan.step({ kind: "attention", ...common, out: result(plan, float, shapes.dOut, ofOut), logSumExp });
      const [dq, dk, dv] = [shapes.q, shapes.k, shapes.v].map((shape, i) => result(plan, float, shape, ofGradients[i]));
      plan.step({ kind: "attentionBackward", ...common, logSumExp, delta, dOut, dq, dk, dv });
      const name = `${heads} by ${groups} heads, ${queries}×${width} over ${keys}×${valueWidth}${causal ? ", causal" : ""}`;
      return plan.build(name, toleranceOf(float, given.scale, { ...given, rows: sharing * queries }));
    });
}

/** |error| for operands within 1: scores are sums of `width` terms, weights inherit their error, results are sums of weights. */
function toleranceOf(
  float: FloatDType,
  scale: number,
  { rows, keys, width, valueWidth }: Readonly<Record<"rows" | "keys" | "width" | "valueWidth", number>>,
): Tolerance {
  const epsilon = float === "float32" ? 2 ** -24 : 2 ** -53;
  const ofWeight = (2 * (width + 4) * width * Math.abs(scale) + 2 * Math.log(keys + 1) + 8 + keys) * epsilon;
  const factor = valueWidth + 1;
  const terms = Math.max(rows, keys) + valueWidth + 4;
  return { relative: 0, absolute: 4 * Math.max(1, rows) * factor * (ofWeight + terms * epsilon) };
}
