import { defineOp, noKey, type Op } from "../graph/op.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { ScalarOp } from "../plan/expr.ts";
import type { Value } from "../plan/value.ts";

/** Applies a scalar op of the kernel vocabulary; numbers are constants of the formula. */
export type Apply = (op: ScalarOp, ...inputs: readonly (Value | number)[]) => Value;

/** What an op computes at every element, as scalar ops in the dtype of the first operand (comparisons give bool). */
export type Formula = (apply: Apply, ...inputs: Value[]) => Value;

/** The gradients of the inputs, in the output's shape. */
type Rule = (gradient: Tensor, inputs: readonly Tensor[], output: Tensor) => (Tensor | null)[];

const tests: ReadonlySet<ScalarOp> = new Set<ScalarOp>(["eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not"]);

/** An op that works element by element: a scalar op, or a formula of several; inputs broadcast to the output's shape. */
export function elementwise(name: string, computes: ScalarOp | Formula, rule?: Rule): Op<null> {
  return defineOp<null>({
    name,
    key: noKey,
    ...(rule && { gradient: ([g], { inputs, outputs }) => (g ? rule(g, inputs, outputs[0]) : inputs.map(() => null)) }),
    lower: (l, inputs, _attributes, [{ shape }]) => {
      const values = inputs.map((input) => l.expand(input, shape));
      const { dtype } = values[0].expr;
      const apply: Apply = (op, ...given) =>
        l.map(
          op,
          tests.has(op) ? "bool" : dtype,
          ...given.map((x) => (typeof x === "number" ? l.constant(x, dtype, shape) : x)),
        );
      return [typeof computes === "string" ? apply(computes, ...values) : computes(apply, ...values)];
    },
  });
}

/** The gradient of steps: 0 wherever there is one. */
export const flat: Rule = (_g, inputs) => inputs.map(() => null);
