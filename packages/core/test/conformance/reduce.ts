import fc from "fast-check";
import type { ComputeDType } from "../../src/dtype.ts";
import { apply, type Expr } from "../../src/plan/expr.ts";
import type { ReduceKernel, Store } from "../../src/plan/plan.ts";
import { contiguous } from "../../src/plan/view.ts";
import type { Case } from "./case.ts";
import { PlanBuilder } from "./plan-builder.ts";
import { type FloatDType, filled, finite, floats, ints, pools } from "./values.ts";
import { anyAxis, lay, layouts, noAxis, shapes } from "./views.ts";

/**
 * Reductions by every operation, whole and in blocks, of empty and long axes; the input is the product of two strided
 * or broadcast loads, the output a chain with a load and a run-time number, or two. Equal to the bit: the order of a
 * sum is fixed, and products are drawn so that their order does not matter.
 */
export function reduceCases(float: FloatDType = "float32"): fc.Arbitrary<Case> {
  return fc.oneof(
    casesOf(["sum"], float, finite(float, 100), 5000),
    casesOf(["sum", "max", "min"], float, floats(float), 5000),
    casesOf(["sum", "max", "min", "prod"], "int32", ints, 5000),
    casesOf(["prod"], float, fc.constantFrom(1, -1, 2, 0.5, 0, -0, NaN, Infinity), 100),
  );
}

function casesOf(
  ops: ReduceKernel["op"][],
  dtype: ComputeDType,
  values: fc.Arbitrary<number>,
  longest: number,
): fc.Arbitrary<Case> {
  const rows = shapes(3).filter((shape) => shape.every((extent) => extent <= 50));
  const spaces = fc.oneof(
    { arbitrary: fc.tuple(rows, fc.oneof(fc.nat(9), fc.nat(100))), weight: 3 },
    { arbitrary: fc.tuple(fc.constantFrom<number[]>([], [1], [3]), fc.nat(longest)), weight: 1 },
  );
  return fc
    .record({
      op: fc.constantFrom(...ops),
      space: spaces,
      // Of multiples of 4, so that a block starts at accumulator 0 however it is counted.
      block: fc.constantFrom(0, 0, 4, 8, 16, 64),
      fused: fc.boolean(),
      second: fc.boolean(),
      layouts: fc.tuple(layouts, layouts, layouts, layouts),
      pool: pools(values),
      scale: pools(fc.constantFrom(1, -1)),
      number: values,
    })
    .map(({ op, space: [shape, length], block, fused, second, layouts: lays, pool, scale, number }) => {
      const plan = new PlanBuilder();
      const space = [...shape, length];
      const input = lay(space, lays[0], anyAxis);
      let reduced: Expr = plan.load(plan.value(dtype, filled(dtype, input.size, pool)), input.view);
      if (fused) {
        const factor = lay(space, lays[1], anyAxis);
        const signs = plan.load(plan.value(dtype, filled(dtype, factor.size, scale)), factor.view);
        reduced = apply("mul", dtype, reduced, signs);
      }

      const result = block > 0 ? [...shape, Math.ceil(length / block)] : shape;
      const accumulated: Expr = { kind: "accumulated", dtype };
      const stores: Store[] = [
        { place: { buffer: plan.output(dtype, result), view: contiguous(result) }, expr: accumulated },
      ];
      if (second) {
        const added = lay(result, lays[2], anyAxis);
        const bias = plan.load(plan.value(dtype, filled(dtype, added.size, pool)), added.view);
        const out = lay(result, lays[3], noAxis);
        stores.push({
          place: { buffer: plan.variable(dtype, filled(dtype, out.size, pool)), view: out.view },
          expr: apply("max", dtype, apply("sub", dtype, accumulated, bias), plan.number(dtype, number)),
        });
      }
      plan.step({ kind: "reduce", label: op, op, shape, length, block, input: reduced, stores });
      return plan.build(`${op} of ${dtype} [${space}]${block > 0 ? ` in blocks of ${block}` : ""}`, "bits");
    });
}
