import { ArgumentError } from "../errors.ts";
import { defineAlias, type Op } from "../graph/op.ts";
import { noGrad } from "../graph/scope.ts";
import { Node, type Tensor } from "../graph/tensor.ts";
import type { Variable } from "../graph/variable.ts";
import { asTensor, checkList } from "../ops/build.ts";
import { zerosLike } from "../ops/creation.ts";
import { givenGradient, givenTensor } from "./given.ts";

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
    const who = `${definition.name}: backward`;
    checkList(who, results);
    if (results.length !== arity)
      throw new ArgumentError(`${who} gave ${results.length} gradients for ${arity} inputs`);
    return results.map((result, i) =>
      result === null ? null : givenGradient(`${who} (input ${i})`, result, inputs[i]),
    );
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
    const { outputs: results, saved } =
      Object(made) === made && "outputs" in made ? made : { outputs: made, saved: [] };
    const tensors = (list: unknown): Tensor[] =>
      [list].flat().map((x) => givenTensor(`${definition.name}: forward`, x));
    const outputs = tensors(results);
    const attributes = { definition, arity: inputs.length };
    const node = new Node(customOp, [...inputs, ...outputs, ...tensors(saved)], attributes, outputs);
    return Array.isArray(results) ? node.outputs : node.outputs[0];
  };
}
