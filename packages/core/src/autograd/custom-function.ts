import { ShapeError } from "../errors.ts";
import { defineAlias, type Op } from "../graph/op.ts";
import { noGrad } from "../graph/scope.ts";
import { Node, Tensor } from "../graph/tensor.ts";
import type { Variable } from "../graph/variable.ts";
import { asTensor } from "../ops/build.ts";
import { zerosLike } from "../ops/creation.ts";
import { sameShape } from "../plan/view.ts";

/** What a function's own gradient is computed from. */
export interface CustomContext {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** What `forward` named to be saved; constants for second derivatives. */
  readonly saved: readonly Tensor[];
}

export interface CustomDefinition<Result extends Tensor | readonly Tensor[]> {
  /** Named in errors. */
  readonly name: string;
  /** The results, built from ops, whose own gradients are not used; or the results and what the backward needs besides. */
  forward(...inputs: Tensor[]): Result | { readonly outputs: Result; readonly saved: readonly Tensor[] };
  /**
   * The gradient of each input (`null`: none) from those of the outputs (zeros where none arrives), written with ops, so
   * that it can be differentiated in turn: through inputs and outputs, not through what was saved.
   */
  backward(gradients: readonly Tensor[], context: CustomContext): readonly (Tensor | null)[];
}

interface CustomAttributes {
  readonly definition: Pick<CustomDefinition<Tensor>, "name" | "backward">;
  /** How many of the node's inputs are the function's; then come its results, and what it saved. */
  readonly arity: number;
}

const customOp: Op<CustomAttributes> = defineAlias<CustomAttributes>({
  name: "customFunction",
  alias: ({ arity }, output) => arity + output,
  gradient: (arrived, { inputs: all, outputs, attributes: { definition, arity } }) => {
    const inputs = all.slice(0, arity);
    const gradients = arrived.map((gradient, i) => gradient ?? zerosLike(outputs[i]));
    const saved = all.slice(arity + outputs.length);
    const results = definition.backward(gradients, { inputs, outputs, saved });
    for (const [i, input] of inputs.entries()) {
      const result = results[i];
      if (result === null || (result && sameShape(result.shape, input.shape) && result.dtype === input.dtype)) continue;
      const found = result ? `a ${result.dtype} tensor of shape [${result.shape}]` : "nothing";
      throw new ShapeError(
        `${definition.name}: backward gave ${found} for input ${i}, which is ${input.dtype} of shape [${input.shape}]`,
      );
    }
    return results;
  },
});

/**
 * A function with a gradient of its own. A straight-through estimator, whose gradient is that of the identity:
 *
 *     const quantize = customFunction({ name: "quantize", forward: (x) => x.round(), backward: ([g]) => [g] });
 */
export function customFunction<Result extends Tensor | readonly Tensor[]>(
  definition: CustomDefinition<Result>,
): (...inputs: readonly (Tensor | Variable)[]) => Result;
export function customFunction(
  definition: CustomDefinition<Tensor | readonly Tensor[]>,
): (...inputs: readonly (Tensor | Variable)[]) => Tensor | readonly Tensor[] {
  return (...given) => {
    const inputs = given.map((x) => asTensor(x, definition.name));
    const made = noGrad(() => definition.forward(...inputs));
    const { outputs: results, saved } = "outputs" in made ? made : { outputs: made, saved: [] };
    const outputs = results instanceof Tensor ? [results] : results;
    const attributes = { definition, arity: inputs.length };
    const node = new Node(customOp, [...inputs, ...outputs, ...saved], attributes, outputs);
    return results instanceof Tensor ? node.outputs[0] : node.outputs;
  };
}
