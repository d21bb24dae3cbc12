import fc from "fast-check";
import { type Operand, signatures } from "../../src/backends/reference/signatures.ts";
import type { ComputeDType } from "../../src/dtype.ts";
import { apply, type ScalarOp } from "../../src/plan/expr.ts";
import { contiguous } from "../../src/plan/view.ts";
import type { Case, Tolerance } from "./case.ts";
import { PlanBuilder } from "./plan-builder.ts";
import { type FloatDType, filled, finite, floats, ints, pools, wholes } from "./values.ts";

/** Every scalar operation. */
export const scalarOps: readonly ScalarOp[] = Object.keys(signatures) as ScalarOp[];

/** Operations whose results differ between backends by some units in the last place, and by how many. */
const ulps: Partial<Record<ScalarOp, number>> = {
  exp: 4,
  expm1: 4,
  log: 4,
  log2: 4,
  log10: 4,
  pow: 4,
  atan2: 4,
  tanh: 8,
  sigmoid: 8,
  erf: 8,
};

/** Operations whose results are not the same bits on every backend. */
export const inexactOps: readonly string[] = [...Object.keys(ulps), "sin", "cos", "mulAdd", "bitcast", "copySign"];

/** Largest argument of sin and cos. */
const largestAngle = 10_000;

/** The operation on arrays of special and ordinary values. */
export function scalarOpCases(op: ScalarOp, float: FloatDType = "float32"): fc.Arbitrary<Case> {
  const cases = signaturesOf(op, float).map(({ types, result }) => {
    const size = fc.oneof(fc.nat(40), fc.nat(1000));
    const contents = fc.tuple(...types.map((type, at) => pools(operands(op, at, type))));
    return fc.tuple(size, contents).map(([n, filling]): Case => {
      const plan = new PlanBuilder();
      const view = contiguous([n]);
      const loads = types.map((type, i) => plan.load(plan.value(type, filled(type, n, filling[i])), view));
      const expr = apply(op, result, ...loads);
      plan.step({
        kind: "map",
        label: op,
        shape: [n],
        stores: [{ place: { buffer: plan.output(result, [n]), view }, expr }],
      });
      return plan.build(`${op}(${types.join(", ")}) → ${result}, ${n} elements`, toleranceOf(op, float));
    });
  });
  return fc.oneof(...cases);
}

/** The types on which the operation is defined; float64 only where it is the float dtype of the cases. */
export function signaturesOf(op: ScalarOp, float: FloatDType): { types: ComputeDType[]; result: ComputeDType }[] {
  const typeOf = (operand: Operand): ComputeDType => (operand === "float" ? float : operand);
  return signatures[op]
    .map(({ inputs, output }) => ({ types: inputs.map(typeOf), result: typeOf(output) }))
    .filter(({ types, result }) => float === "float64" || ![...types, result].includes("float64"));
}

/** Values for input `at` of the operation: any, but where the operation's rounding or result is not fixed. */
function operands(op: ScalarOp, at: number, type: ComputeDType): fc.Arbitrary<number> {
  if (type === "bool") return fc.nat(1);
  // Shifts by 32 bits or more are undefined.
  if (type === "int32") return (op === "shiftLeft" || op === "shiftRight") && at === 1 ? fc.nat(31) : ints;
  // Whole numbers: a contracted multiply-add gives the same.
  if (op === "mulAdd") return fc.oneof(wholes, fc.constantFrom(NaN, Infinity, -Infinity));
  if (op === "sin" || op === "cos") {
    return fc.oneof(finite(type, largestAngle), finite(type, 4), fc.constantFrom(0, NaN, Infinity, -Infinity));
  }
  // The bits of a NaN are not fixed.
  if (op === "bitcast" || (op === "copySign" && at === 1)) return floats(type).filter((x) => !Number.isNaN(x));
  return floats(type);
}

function toleranceOf(op: ScalarOp, float: FloatDType): Tolerance {
  const epsilon = float === "float32" ? 2 ** -23 : 2 ** -52;
  if (op === "mulAdd") return { relative: 0, absolute: 0 };
  if (op === "sin" || op === "cos") return { relative: 0, absolute: 8 * epsilon };
  const units = ulps[op];
  if (units === undefined) return "bits";
  // exp may end at the smallest normal number.
  return { relative: units * epsilon, absolute: float === "float32" ? 1.3e-38 : 1e-307 };
}
