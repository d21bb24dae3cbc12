import { dtypes } from "../dtype.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { ScalarOp } from "../plan/expr.ts";

/** The gradients of the inputs, in the output's shape. */
type Rule = (gradient: Tensor, inputs: readonly Tensor[], output: Tensor) => (Tensor | null)[];

/** An op that works element by element: one scalar op of the kernel vocabulary, inputs broadcast to the output's shape. */
export function elementwise(name: string, scalar: ScalarOp, rule?: Rule): Op<null> {
  return defineOp<null>({
    name,
    key: () => [],
    ...(rule && { gradient: ([g], { inputs, outputs }) => (g ? rule(g, inputs, outputs[0]) : inputs.map(() => null)) }),
    lower: (l, inputs, _attributes, [{ shape, dtype }]) => [
      l.map(scalar, dtypes[dtype].compute, ...inputs.map((input) => l.expand(input, shape))),
    ],
  });
}
