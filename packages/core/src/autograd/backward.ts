import { ArgumentError, ShapeError } from "../errors.ts";
import { Keeping, together } from "../graph/effect.ts";
import { readOf } from "../graph/partition.ts";
import type { Runtime } from "../graph/runtime.ts";
import { enableGrad, noGrad } from "../graph/scope.ts";
import type { Tensor } from "../graph/tensor.ts";
import { Variable } from "../graph/variable.ts";
import { add } from "../ops/arithmetic.ts";
import { asTensor, checkList, checkOptions } from "../ops/build.ts";
import { onesLike, zerosLike } from "../ops/creation.ts";
import { sameShape } from "../plan/view.ts";
import { applyHooks } from "./hooks.ts";
import { type Gradients, leakedError, propagate } from "./propagate.ts";

export interface BackwardOptions {
  /** The gradient of each output; default (and `null`): one, for a scalar. */
  readonly gradOutputs?: Tensor | readonly (Tensor | null)[];
}

/** Sets or adds the gradients of every variable below the outputs, and keeps the scalars among them. */
export function backward(outputs: readonly Tensor[], device: Runtime, options: BackwardOptions = {}): void {
  checkOptions("backward", options, "gradOutputs");
  const seeds = seedsOf("backward", outputs, options);
  device.beforeBackward(outputs);
  together(() =>
    noGrad(() => {
      const { gradients, visited } = propagate(seeds);
      // All or nothing: a hook may throw.
      const hooked = [...byVariable(gradients)]
        .filter(([variable]) => variable.requiresGrad)
        .map(([variable, gradient]) => [variable, applyHooks(variable, gradient)] as const);
      for (const [variable, gradient] of hooked) variable.accumulateGrad(gradient, add);
      for (const node of visited) node.backwardDone = true;
      for (const value of outputs) {
        if (value.result === null && value.size === 1) device.record(new Keeping(value));
      }
    }),
  );
  device.afterBackward();
}

export interface GradOptions extends BackwardOptions {
  /** Whether the gradients can themselves be differentiated. */
  readonly createGraph?: boolean;
  /** Whether an input may be one that no output depends on, whose gradient is zeros; default: true. */
  readonly allowUnused?: boolean;
}

/**
 * Gradients Σᵢ ∂outputᵢ/∂input · gradOutputᵢ with respect to tensors or variables (whichever of their versions the outputs
 * were built on), as tensors. Sets no `variable.grad`.
 *
 * @throws ShapeError where an output that is no scalar has no gradient of its shape
 * @throws ArgumentError where an input requires no gradient, or is unused and may not be
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: readonly (Tensor | Variable)[],
  options: GradOptions = {},
): Tensor[] {
  checkOptions("grad", options, "gradOutputs", "createGraph", "allowUnused");
  checkList("grad", inputs);
  const roots = [outputs].flat().map((output) => asTensor(output, "grad"));
  const seeds = seedsOf("grad", roots, options);
  for (const [i, input] of inputs.entries()) {
    const { requiresGrad, shape } = input instanceof Variable ? input : asTensor(input, "grad");
    if (!requiresGrad) throw new ArgumentError(`grad: input ${i} (shape [${shape}]) requires no gradient`);
  }
  const run = (): Tensor[] => {
    const { gradients, repeated } = propagate(seeds);
    const ofVariables = byVariable(gradients);
    return inputs.map((input, i) => {
      if (input instanceof Variable) {
        const gradient = ofVariables.get(input);
        if (gradient) return applyHooks(input, gradient);
      } else {
        if (repeated.has(input.node)) throw leakedError(input.node);
        const gradient = gradients.get(input);
        if (gradient) return gradient;
      }
      if (options.allowUnused === false)
        throw new ArgumentError(`grad: no output depends on input ${i} (shape [${input.shape}])`);
      return zerosLike(input);
    });
  };
  return options.createGraph ? enableGrad(run) : noGrad(run);
}

/** The gradients with which a backward begins. */
function seedsOf(op: string, outputs: readonly Tensor[], { gradOutputs }: BackwardOptions): Gradients {
  const given = gradOutputs === undefined ? [] : [gradOutputs].flat();
  if (given.length > 0 && given.length !== outputs.length) {
    throw new ArgumentError(`${op}: ${given.length} gradOutputs for ${outputs.length} outputs`);
  }
  if (!outputs.some((output) => output.requiresGrad)) {
    throw new ArgumentError(`${op}: the output depends on nothing that requires a gradient (or was built in noGrad)`);
  }
  const seeds: Gradients = new Map();
  for (const [i, output] of outputs.entries()) {
    const seed = given[i] == null ? null : asTensor(given[i], op);
    if (seed ? !sameShape(seed.shape, output.shape) : output.size !== 1) {
      const other = seed ? `, not of [${seed.shape}]` : "";
      throw new ShapeError(
        `${op}: the output has shape [${output.shape}]: reduce it to a scalar, or give gradOutputs of its shape${other}`,
      );
    }
    if (!output.requiresGrad) continue;
    const sofar = seeds.get(output);
    const gradient = seed ?? onesLike(output);
    seeds.set(output, sofar ? add(sofar, gradient) : gradient);
  }
  return seeds;
}

/** The gradients of variables: of all versions that were read. */
function byVariable(gradients: Gradients): Map<Variable, Tensor> {
  const sums = new Map<Variable, Tensor>();
  for (const [tensor, gradient] of gradients) {
    const read = readOf(tensor.node);
    if (!read) continue;
    const sofar = sums.get(read.variable);
    sums.set(read.variable, sofar ? add(sofar, gradient) : gradient);
  }
  return sums;
}
