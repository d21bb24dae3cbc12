import { ArgumentError, StaleTensorError } from "../errors.ts";
import { inCreationOrder } from "../graph/creation-order.ts";
import { currentWatch, eachAtPath, setWatch } from "../graph/scope.ts";
import { type Node, newWalk, type Tensor } from "../graph/tensor.ts";
import { add } from "../ops/arithmetic.ts";
import { sumTo } from "../ops/reduction.ts";
import { qualifiedName } from "../plan/graph.ts";
import { type Segment, segmentOf } from "./checkpoint.ts";
import { applyHooks } from "./hooks.ts";

/** The gradient that has arrived at each tensor so far. */
export type Gradients = Map<Tensor, Tensor>;

/**
 * Reverse mode: walks the graph from the seeds down, later nodes first, and asks each node's rule for the gradients of
 * its inputs. Nothing is computed: the rules add nodes.
 */
export function propagate(seeds: ReadonlyMap<Tensor, Tensor>): Pass {
  const pass = new Pass(seeds);
  pass.walk([...seeds.keys()], new Set());
  return pass;
}

class Pass {
  readonly gradients: Gradients;
  /** Every node on the way; where segments are nested some are there twice. */
  readonly visited: Node[] = [];
  /** Those of them that stand in a checkpointed segment: its gradients go through their copies. */
  readonly repeated: Set<Node> = new Set();

  constructor(seeds: ReadonlyMap<Tensor, Tensor>) {
    this.gradients = new Map(seeds);
  }

  /** Goes down from tensors, and no further than the tensors of `until`. */
  walk(from: readonly Tensor[], until: ReadonlySet<Tensor>): void {
    const nodes: Node[] = [];
    const id = newWalk();
    const stack = [...from];
    for (let tensor = stack.pop(); tensor; tensor = stack.pop()) {
      const { node } = tensor;
      if (!tensor.requiresGrad || until.has(tensor) || node.walk === id) continue;
      node.walk = id;
      nodes.push(node);
      if (!node.hasEdges) throw releasedError(node);
      for (const input of segmentOf(node)?.boundary ?? node.inputs) stack.push(input);
    }
    eachAtPath(inCreationOrder(nodes).reverse(), (node) => this.#visit(node));
  }

  #visit(node: Node): void {
    this.visited.push(node);
    const arrived = node.outputs.map((output) => this.#arrived(output));
    if (arrived.every((gradient) => gradient === null)) return;
    const segment = segmentOf(node);
    if (segment) this.#throughSegment(segment, arrived);
    else if (currentWatch()) watched(node, () => this.#through(node, arrived));
    else this.#through(node, arrived);
  }

  /** The whole gradient of a tensor, once all its users have been visited. */
  #arrived(tensor: Tensor): Tensor | null {
    const gradient = this.gradients.get(tensor);
    if (!gradient) return null;
    if (!tensor.hooks) return gradient;
    if (this.repeated.has(tensor.node)) throw leakedError(tensor.node);
    const hooked = applyHooks(tensor, gradient);
    this.gradients.set(tensor, hooked);
    return hooked;
  }

  #through({ op, inputs, outputs, attributes }: Node, arrived: readonly (Tensor | null)[]): void {
    const context = { inputs, outputs, attributes, needs: (i: number): boolean => inputs[i].requiresGrad };
    const partials = op.gradient?.(arrived, context);
    if (!partials) return;
    for (let i = 0; i < inputs.length; i++) {
      const [input, partial] = [inputs[i], partials[i]];
      if (partial && input.requiresGrad) this.#add(input, sumTo(partial, input.shape));
    }
  }

  /** Computes a checkpointed segment again, in the order of the nodes it stands for, and goes through it. */
  #throughSegment(segment: Segment, arrived: readonly (Tensor | null)[]): void {
    const after = arrived.flatMap((gradient) => gradient?.node ?? []);
    const outputs = segment.recompute(after, (node) => {
      if (!node.hasEdges && node.outputs.some((output) => output.requiresGrad)) throw releasedError(node);
      this.visited.push(node);
      this.repeated.add(node);
    });
    for (const [i, gradient] of arrived.entries()) if (gradient) this.#add(outputs[i], gradient);
    this.walk(outputs, new Set(segment.boundary));
  }

  #add(tensor: Tensor, gradient: Tensor): void {
    const sofar = this.gradients.get(tensor);
    this.gradients.set(tensor, sofar ? add(sofar, gradient) : gradient);
  }
}

/** What is built inside tells of which node it is the gradient. */
function watched({ op, path, trace }: Node, body: () => void): void {
  const outer = currentWatch();
  setWatch({ gradientOf: qualifiedName(path, op.name), trace });
  try {
    body();
  } finally {
    setWatch(outer);
  }
}

/** @param node Made within a checkpoint, used outside of it. */
export function leakedError({ op, path }: Node): ArgumentError {
  return new ArgumentError(
    `checkpoint: ${qualifiedName(path, op.name)} was made by the function, so outside only part of its gradient arrives; ` +
      "make it a result, and use that",
  );
}

function releasedError({ op, path }: Node): StaleTensorError {
  return new StaleTensorError(
    `backward: the graph of ${qualifiedName(path, op.name)} was released when its value was realized after backward(); ` +
      "build the tensor anew to differentiate it again",
  );
}
