import type { DType } from "../../src/dtype.ts";
import type { Place } from "../../src/plan/plan.ts";
import { contiguous } from "../../src/plan/view.ts";
import type { PlanBuilder } from "./plan-builder.ts";
import { filled, type Pool } from "./values.ts";
import { type Layout, lay, noAxis } from "./views.ts";

/** A strided operand of a kernel; axes for which `broadcast` is true may be repeated. */
export function operand(
  plan: PlanBuilder,
  dtype: DType,
  shape: readonly number[],
  layout: Layout,
  pool: Pool,
  broadcast: (axis: number) => boolean,
): Place {
  const { view, size } = lay(shape, layout, broadcast);
  return { buffer: plan.value(dtype, filled(dtype, size, pool)), view };
}

/** Where a kernel writes: a returned buffer, or a slice of a variable whose other elements must stay. */
export function result(plan: PlanBuilder, dtype: DType, shape: readonly number[], layout: Layout | "returned"): Place {
  if (layout === "returned") return { buffer: plan.output(dtype, shape), view: contiguous(shape) };
  const { view, size } = lay(shape, layout, noAxis);
  return { buffer: plan.variable(dtype, filled(dtype, size, { values: [5, -3, 7], salt: size })), view };
}
