import { hostOp } from "../graph/host.ts";
import { defineAlias, type Op } from "../graph/op.ts";
import { readOf } from "../graph/partition.ts";
import { gradientsEnabled } from "../graph/scope.ts";
import { Node, nodesMade, type Tensor } from "../graph/tensor.ts";
import { givenTensor } from "./given.ts";

/**
 * The results of a segment. The inputs are first the boundary (`attributes`: how many tensors), what the segment reads of
 * the graph around it, then the results as they were computed.
 */
const checkpointOp: Op<number> = defineAlias<number>({
  name: "checkpoint",
  alias: (boundary, output) => boundary + output,
});

/**
 * f(…args), whose intermediate values do not stay for the backward: it computes them a second time, from what the segment
 * reads, when the gradient of the results is there. Memory falls from all activations to those of one segment, for one
 * more forward (Chen et al. 2016, "Training deep nets with sublinear memory cost").
 *
 * Parameters and other tensors that `f` reads need not be arguments. The second computation draws the same random
 * numbers, and does not repeat assignments, `keep()` and host calls; gradients (not their gradients) are the same bits.
 * Segments may be nested. A value that leaves `f` otherwise than as a result may be used, but its own gradient is in
 * parts: hooks and `grad` with respect to it are errors.
 *
 * @param f gives a tensor or a list of tensors
 */
export function checkpoint<Args extends unknown[], Result extends Tensor | readonly Tensor[]>(
  f: (...args: Args) => Result,
  ...args: Args
): Result;
export function checkpoint(
  f: (...args: unknown[]) => Tensor | readonly Tensor[],
  ...args: unknown[]
): Tensor | readonly Tensor[] {
  const first = nodesMade();
  const results = f(...args);
  const outputs = [results].flat().map((result) => givenTensor("checkpoint: the function", result));
  const given = (tensors: readonly Tensor[]): Tensor | readonly Tensor[] =>
    Array.isArray(results) ? tensors : tensors[0];
  if (!gradientsEnabled() || !outputs.some((output) => output.requiresGrad)) return given(outputs);
  const boundary = boundaryOf(outputs, first);
  const options = { requiresGrad: true };
  const node = new Node(checkpointOp, [...boundary, ...outputs], boundary.length, outputs, options);
  return given(node.outputs);
}

/** What nodes from number `first` on, down from tensors, read of earlier nodes and of variables. */
function boundaryOf(outputs: readonly Tensor[], first: number): Tensor[] {
  const boundary = new Set<Tensor>();
  const seen = new Set<Tensor>();
  const stack = [...outputs];
  for (let tensor = stack.pop(); tensor; tensor = stack.pop()) {
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    const { node } = tensor;
    if (node.id < first || readOf(node)) boundary.add(tensor);
    else stack.push(...node.inputs);
  }
  return [...boundary];
}

/** A checkpointed part of a graph. */
export interface Segment {
  /** What it reads of the graph around it. */
  readonly boundary: readonly Tensor[];
  /** New results from new nodes, which run after the given ones. `visit` is called with the nodes that are repeated. */
  recompute(after: readonly Node[], visit: (node: Node) => void): Tensor[];
}

/** The segment of which a node gives the results, if it does. */
export function segmentOf({ op, inputs, attributes }: Node): Segment | null {
  if (op.id !== checkpointOp.id) return null;
  const boundary = inputs.slice(0, attributes as number);
  return { boundary, recompute: (...rest) => repeat(inputs.slice(boundary.length), new Set(boundary), ...rest) };
}

function repeat(
  results: readonly Tensor[],
  boundary: ReadonlySet<Tensor>,
  after: readonly Node[],
  visit: (node: Node) => void,
): Tensor[] {
  const nodes = new Set<Node>();
  const stack = [...results];
  for (let tensor = stack.pop(); tensor; tensor = stack.pop()) {
    const { node } = tensor;
    if (boundary.has(tensor) || nodes.has(node)) continue;
    visit(node);
    // Leaves are shared, what is there already too; a host call happens once.
    if (node.inputs.length === 0 || node.op.id === hostOp.id) continue;
    nodes.add(node);
    stack.push(...node.inputs);
  }
  const copies = new Map<Tensor, Tensor>();
  const copyOf = (tensor: Tensor): Tensor => copies.get(tensor) ?? tensor;
  for (const node of [...nodes].sort((a, b) => a.id - b.id)) {
    const inputs = node.inputs.map(copyOf);
    // The others wait through their inputs.
    const waits = inputs.every((input, i) => input === node.inputs[i]);
    const { outputs } = new Node(node.op, inputs, node.attributes, node.outputs, {
      requiresGrad: node.outputs.some((output) => output.requiresGrad),
      after: waits ? after : [],
      repeats: node,
    });
    for (const [i, original] of node.outputs.entries()) {
      outputs[i].hooks = original.hooks;
      outputs[i].result = original.result;
      copies.set(original, outputs[i]);
    }
  }
  return results.map(copyOf);
}
