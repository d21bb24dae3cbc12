import { type ComputeDType, dtypes } from "../../dtype.ts";
import { PlanError } from "../../errors.ts";
import { type Expr, type Load, topological } from "../../plan/expr.ts";
import type { Buffer, Plan } from "../../plan/plan.ts";
import { sizeOf, type View } from "../../plan/view.ts";
import { accepts } from "./signatures.ts";

/**
 * Checks expressions over a space of this shape; `reduced` is the type of `Accumulated`, `null` where it may not occur.
 *
 * @throws PlanError that names the kernel
 */
export function checkExprs(
  roots: readonly Expr[],
  shape: readonly number[],
  plan: Plan,
  label: string,
  reduced: ComputeDType | null,
): void {
  for (const expr of topological(roots)) {
    const fault = faultOf(expr, shape, plan, reduced);
    if (fault) throw new PlanError(`${label}: ${fault}`);
  }
}

function faultOf(expr: Expr, shape: readonly number[], plan: Plan, reduced: ComputeDType | null): string | null {
  switch (expr.kind) {
    case "constant":
      return null;
    case "number":
      return plan.numbers[expr.slot] === expr.dtype ? null : `number ${expr.slot} is not a ${expr.dtype} of the plan`;
    case "index":
      return viewFault(expr.view, shape);
    case "load":
      return viewFault(expr.view, shape) ?? loadFault(expr, plan);
    case "accumulated":
      return expr.dtype === reduced ? null : `accumulated ${expr.dtype} where ${reduced ?? "nothing"} is reduced`;
    case "apply": {
      const inputs = expr.inputs.map((input) => input.dtype);
      return accepts(expr.op, inputs, expr.dtype) ? null : `${expr.op}(${inputs.join(", ")}) cannot give ${expr.dtype}`;
    }
  }
}

export function viewFault(view: View, shape: readonly number[]): string | null {
  const fits = view.shape.length === shape.length && view.strides.length === shape.length;
  return fits && view.shape.every((extent, axis) => extent === shape[axis])
    ? null
    : `a view of shape [${view.shape}] and strides [${view.strides}] over [${shape}]`;
}

function loadFault({ dtype, buffer, view, gathers, guard }: Load, plan: Plan): string | null {
  const memory = plan.buffers[buffer];
  if (dtypes[memory.dtype].compute !== dtype) return `a load of ${dtype} from buffer ${buffer} of ${memory.dtype}`;
  if (guard && guard.dtype !== "bool") return `a guard of ${guard.dtype}`;
  if (sizeOf(view.shape) === 0) return null;
  for (const { index, extent, check } of gathers) {
    if (index.dtype !== "int32") return `an index of ${index.dtype}`;
    if (extent < 1) return `a gather from an extent of ${extent}`;
    if (check >= plan.checks.length) return `check ${check} of ${plan.checks.length}`;
  }
  if (guard) return null;
  const shape = [...view.shape, ...gathers.map((g) => g.extent)];
  const strides = [...view.strides, ...gathers.map((g) => g.stride)];
  return boundsFault({ shape, strides, offset: view.offset }, memory, buffer);
}

/** A view that reaches outside its buffer. */
export function boundsFault({ shape, strides, offset }: View, { size }: Buffer, buffer: number): string | null {
  if (sizeOf(shape) === 0) return null;
  let [lowest, highest] = [offset, offset];
  for (const [axis, extent] of shape.entries()) {
    const reach = (extent - 1) * strides[axis];
    if (reach < 0) lowest += reach;
    else highest += reach;
  }
  return lowest >= 0 && highest < size
    ? null
    : `elements ${lowest} to ${highest} of buffer ${buffer}, which has ${size} elements`;
}
