import { ArgumentError, ShapeError, StaleTensorError } from "../errors.ts";
import { currentGroup, together } from "../graph/effect.ts";
import { readOf } from "../graph/partition.ts";
import type { Runtime } from "../graph/runtime.ts";
import { enableGrad, noGrad } from "../graph/scope.ts";
import type { Node, Tensor } from "../graph/tensor.ts";
import { Variable } from "../graph/variable.ts";
import { add } from "../ops/arithmetic.ts";
import { onesLike, zerosLike } from "../ops/creation.ts";
import { sumTo } from "../ops/reduction.ts";
import { qualifiedName } from "../plan/graph.ts";
import { sameShape } from "../plan/view.ts";

/** The gradient that has arrived at each tensor so far. */
type Gradients = Map<Tensor, Tensor>;

/**
 * Reverse mode: walks the graph from the outputs down, later nodes first, and asks each node's rule for the gradients of
 * its inputs. Nothing is computed: the rules add nodes.
 */
function propagate(seeds: ReadonlyMap<Tensor, Tensor>, visit: (node: Node) => void): Gradients {
  const gradients: Gradients = new Map(seeds);
  const nodes = new Set<Node>();
  const stack = [...seeds.keys()].map((tensor) => tensor.node);
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (nodes.has(node)) continue;
    nodes.add(node);
    if (!node.hasEdges) throw releasedError(node);
    for (const input of node.inputs) if (input.requiresGrad) stack.push(input.node);
  }
  for (const node of [...nodes].sort((a, b) => b.id - a.id)) {
    visit(node);
    const arrived = node.outputs.map((output) => gradients.get(output) ?? null);
    if (!node.op.gradient || node.inputs.length === 0 || arrived.every((gradient) => gradient === null)) continue;
    const { inputs, outputs, attributes } = node;
    const partials = node.op.gradient(arrived, { inputs, outputs, attributes, needs: (i) => inputs[i].requiresGrad });
    for (const [i, input] of inputs.entries()) {
      if (!partials[i] || !input.requiresGrad) continue;
      const partial = sumTo(partials[i], input.shape);
      const sofar = gradients.get(input);
      gradients.set(input, sofar ? add(sofar, partial) : partial);
    }
  }
  return gradients;
}

function releasedError({ op, path }: Node): StaleTensorError {
  return new StaleTensorError(
    `backward: the graph of ${qualifiedName(path, op.name)} was released when its value was realized after backward(); ` +
      "build the tensor anew to differentiate it again",
  );
}

/** Sets or adds the gradients of every variable below a scalar, and keeps the scalar. */
export function backward(output: Tensor, device: Runtime): void {
  if (output.size !== 1) {
    throw new ShapeError(
      `backward: a scalar is needed, the shape is [${output.shape}]; reduce it first, or use grad()`,
    );
  }
  if (!output.requiresGrad) {
    throw new ArgumentError(
      "backward: the tensor depends on no variable that requires a gradient (or was built in noGrad)",
    );
  }
  device.beforeBackward(output);
  together(() =>
    noGrad(() => {
      const gradients = propagate(new Map([[output, onesLike(output)]]), (node) => {
        node.backwardDone = true;
      });
      for (const [variable, gradient] of byVariable(gradients)) variable.accumulateGrad(gradient, add);
      if (output.result === null) device.record({ kind: "keep", value: output, group: currentGroup() });
    }),
  );
  device.afterBackward();
}

export interface GradOptions {
  /** The gradient of the output; default: ones, for a scalar. */
  readonly gradOutput?: Tensor;
  /** Whether the gradients can themselves be differentiated. */
  readonly createGraph?: boolean;
}

/**
 * Gradients of an output with respect to tensors or variables (whichever of their versions it was built on), as tensors;
 * zeros where it does not depend on them.
 */
export function grad(output: Tensor, inputs: readonly (Tensor | Variable)[], options: GradOptions = {}): Tensor[] {
  const { gradOutput } = options;
  if (!output.requiresGrad) throw new ArgumentError("grad: the output depends on nothing that requires a gradient");
  if (gradOutput ? !sameShape(gradOutput.shape, output.shape) : output.size !== 1) {
    const given = gradOutput ? `, not of [${gradOutput.shape}]` : "";
    throw new ShapeError(`grad: the output has shape [${output.shape}]: a gradOutput of that shape is needed${given}`);
  }
  for (const [i, input] of inputs.entries()) {
    if (!input.requiresGrad) throw new ArgumentError(`grad: input ${i} (shape [${input.shape}]) requires no gradient`);
  }
  const run = (): Tensor[] => {
    const gradients = propagate(new Map([[output, gradOutput ?? onesLike(output)]]), () => {});
    const ofVariables = byVariable(gradients);
    return inputs.map((input) => {
      const gradient = input instanceof Variable ? ofVariables.get(input) : gradients.get(input);
      return gradient ?? zerosLike(input);
    });
  };
  return options.createGraph ? enableGrad(run) : noGrad(run);
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
