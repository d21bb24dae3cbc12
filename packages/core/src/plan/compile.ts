import type { DType } from "../dtype.ts";
import { present } from "../invariant.ts";
import { loadedBuffers } from "./access.ts";
import type { Limits } from "./backend.ts";
import { type Expr, slowOps, topological } from "./expr.ts";
import { fuse } from "./fuse.ts";
import type { CapturedGraph, CapturedNode, Edge } from "./graph.ts";
import { Lowering } from "./lowering.ts";
import { layOut } from "./memory.ts";
import type { OutputInfo, Plan } from "./plan.ts";
import { asLoad, isWhole, type Value } from "./value.ts";

let nextPlan = 0;

/**
 * Turns a captured graph into a plan: lowering, fusion, memory. It stops at every `yield`, so that the caller can give way
 * to the event loop.
 */
export function* compilePlan(graph: CapturedGraph, limits: Limits): Generator<void, Plan> {
  const lowering = new Lowering(graph.slots, limits.maxInputs);
  const uses = countUses(graph);
  const values: (readonly Value[])[] = [];
  const walls = new Walls();
  let ops = 0;
  const valueAt = (edge: Edge): Value => values[edge.node][edge.output];

  for (const [at, node] of graph.nodes.entries()) {
    yield;
    if (node.kind === "slot") {
      values.push([lowering.load(node.slot, node.outputs[0].shape)]);
    } else if (node.kind === "number") {
      const dtype = graph.numbers[node.number];
      values.push([{ shape: node.outputs[0].shape, expr: { kind: "number", dtype, slot: node.number } }]);
    } else {
      lowering.enter(node.op.name, node.path, node.trace, ops++);
      const lowered = node.op.lower(lowering, node.inputs.map(valueAt), node.attributes, node.outputs);
      values.push(
        lowered.map((value, output) => (uses[at][output] > 1 && !isCheap(value.expr) ? lowering.store(value) : value)),
      );
    }
    walls.add(node, lowering.steps.length);
  }

  const outputs: OutputInfo[] = [];
  for (const root of graph.roots) {
    if (root.kind === "host") continue;
    const value = valueAt(root.value);
    const { dtype } = root.kind === "assign" ? graph.slots[root.slot] : root;
    const buffer = resultBuffer(lowering, value, dtype);
    if (root.kind === "assign") {
      lowering.buffers[buffer].target = root.slot;
    } else {
      lowering.buffers[buffer].output = true;
      outputs.push({ buffer, shape: value.shape });
    }
  }

  const steps = yield* fuse(lowering.steps, walls.ofSteps, lowering.buffers, limits);
  const layout = yield* layOut(steps, lowering.buffers, graph.slots.length, limits);
  return {
    id: nextPlan++,
    buffers: layout.buffers,
    slots: graph.slots,
    numbers: graph.numbers,
    steps: layout.steps,
    outputs,
    arenaBytes: layout.arenaBytes,
    checks: lowering.checks,
  };
}

/**
 * Order-only edges as places in the list of steps: what follows such an edge, directly or through what it reads, must not
 * be moved before the steps of the node that it waits for.
 */
class Walls {
  /** For each step the first place at which it may stand. */
  readonly ofSteps: number[] = [];
  readonly #ofNodes: number[] = [];
  /** Where the steps of each node end. */
  readonly #ends: number[] = [];

  /** Tells of the next node, once it is lowered. */
  add(node: CapturedNode, steps: number): void {
    let wall = 0;
    if (node.kind === "op") {
      for (const earlier of node.after) wall = Math.max(wall, this.#ends[earlier]);
      for (const input of node.inputs) wall = Math.max(wall, this.#ofNodes[input.node]);
    }
    this.#ofNodes.push(wall);
    this.#ends.push(steps);
    while (this.ofSteps.length < steps) this.ofSteps.push(wall);
  }
}

/** A buffer of the plan's own that holds the value in a dtype, not yet the target of another root. */
function resultBuffer(lowering: Lowering, value: Value, dtype: DType): number {
  const load = asLoad(value);
  if (load) {
    const draft = lowering.buffers[load.buffer];
    const free = draft.slot === null && draft.target === null && !draft.output;
    if (free && isWhole(load, draft.size) && draft.dtype === dtype) return load.buffer;
  }
  lowering.enter("assign", "");
  return present(asLoad(lowering.copy(value, dtype))).buffer;
}

/** How often each output of each node is read. */
function countUses(graph: CapturedGraph): number[][] {
  const uses = graph.nodes.map((node) => node.outputs.map(() => 0));
  const use = (edge: Edge): void => {
    uses[edge.node][edge.output]++;
  };
  for (const node of graph.nodes) if (node.kind === "op") node.inputs.forEach(use);
  for (const root of graph.roots) if (root.kind !== "host") use(root.value);
  return uses;
}

/** Whether computing it again costs no more than reading it from memory. */
function isCheap(expr: Expr): boolean {
  const operations = topological([expr]).filter((e) => e.kind === "apply");
  if (operations.some(({ op }) => slowOps.has(op) || op === "div" || op === "sqrt")) return false;
  const loads = loadedBuffers(expr).size;
  return operations.length === 0 || (operations.length <= 2 && loads <= 1) || (loads === 0 && operations.length <= 6);
}
