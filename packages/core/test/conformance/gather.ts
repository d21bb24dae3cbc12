import fc from "fast-check";
import { apply, constant, type Gather, type Load } from "../../src/plan/expr.ts";
import type { Case } from "./case.ts";
import { result } from "./places.ts";
import { PlanBuilder } from "./plan-builder.ts";
import { type FloatDType, filled, floats, type Pool, pools } from "./values.ts";
import { anyAxis, lay, layouts, targets } from "./views.ts";

/**
 * Elements of a table by two computed indices, from float and storage dtypes; with a guard, under which indices may be
 * out of range. Where others are, the first check that fails is the outcome.
 */
export function gatherCases(float: FloatDType = "float32"): fc.Arbitrary<Case> {
  return fc
    .record({
      shape: fc.tuple(fc.oneof(fc.nat(5), fc.nat(200)), fc.nat(9)),
      extents: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5 })),
      dtype: fc.constantFrom(float, "bfloat16" as const, "float16" as const),
      table: layouts,
      indices: fc.tuple(layouts, layouts),
      picks: fc.tuple(pools(fc.nat(100)), pools(fc.nat(100))),
      bad: fc.constantFrom([], [], [], [-1], [1000], [-2147483648, 2147483647]),
      badIndex: fc.nat(1),
      guard: fc.constantFrom("none", "bad indices", "some"),
      values: pools(floats(float)),
      target: targets,
    })
    .map(({ shape, extents, dtype, table, indices, picks, bad, badIndex, guard, values, target }) => {
      const plan = new PlanBuilder();
      const pool: Pool = dtype === float ? values : { values: [0x3f80, 0xbf80, 0x0001, 0x7bff, 0xc2a8], salt: 0 };
      const laid = lay(extents, table, anyAxis);
      const base: Load = plan.load(plan.value(dtype, filled(dtype, laid.size, pool)), {
        shape,
        strides: [0, 0],
        offset: laid.view.offset,
      });
      const gathers = extents.map((extent, i): Gather => {
        const allowed = picks[i].values.map((pick) => pick % extent);
        const drawn = { values: i === badIndex ? [...allowed, ...bad] : allowed, salt: picks[i].salt };
        const { view, size } = lay(shape, indices[i], anyAxis);
        const index = plan.load(plan.value("int32", filled("int32", size, drawn)), view);
        return { index, stride: laid.view.strides[i], extent, check: plan.check(extent) };
      });
      const { index, extent } = gathers[guard === "some" ? 0 : badIndex];
      const inRange = apply(
        "and",
        "bool",
        apply("ge", "bool", index, constant(0, "int32")),
        apply("lt", "bool", index, constant(guard === "some" ? extent - 1 : extent, "int32")),
      );
      const load: Load = { ...base, gathers, guard: guard === "none" ? null : inRange };
      const expr = guard === "none" ? load : apply("select", load.dtype, inRange, load, constant(-1, load.dtype));
      plan.step({
        kind: "map",
        label: "gather",
        shape,
        stores: [{ place: result(plan, load.dtype, shape, target), expr }],
      });
      return plan.build(`[${shape}] elements of a ${dtype} table [${extents}]`, "bits");
    });
}
