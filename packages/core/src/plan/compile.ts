import { loadedBuffers } from "./access.ts";
import type { Limits } from "./backend.ts";
import { type Expr, topological } from "./expr.ts";
import { fuse } from "./fuse.ts";
import type { CapturedGraph, Edge } from "./graph.ts";
import { Lowering } from "./lowering.ts";
import { layOut } from "./memory.ts";
import type { OutputInfo, Plan } from "./plan.ts";
import { asLoad, dtypeOf, isWhole, type Value } from "./value.ts";

let nextPlan = 0;

/**
 * Turns a captured graph into a plan: lowering, fusion, memory. It stops at every `yield`, so that the caller can give way
 * to the event loop.
 */
export function* compilePlan(graph: CapturedGraph, limits: Limits): Generator<void, Plan> {
  const lowering = new Lowering(graph.slots, limits.maxInputs);
  const uses = countUses(graph);
  const values: (readonly Value[])[] = [];
  const valueAt = (edge: Edge): Value => values[edge.node][edge.output];

  for (const [at, node] of graph.nodes.entries()) {
    yield;
    if (node.kind === "slot") {
      values.push([lowering.load(node.slot, node.outputs[0].shape)]);
    } else if (node.kind === "number") {
      const dtype = graph.numbers[node.number];
      values.push([{ shape: node.outputs[0].shape, expr: { kind: "number", dtype, slot: node.number } }]);
    } else {
      lowering.enter(node.op.name, node.path, node.trace);
      const lowered = node.op.lower(lowering, node.inputs.map(valueAt), node.attributes, node.outputs);
      values.push(
        lowered.map((value, output) => (uses[at][output] > 1 && !isCheap(value.expr) ? lowering.store(value) : value)),
      );
    }
  }

  const outputs: OutputInfo[] = [];
  for (const root of graph.roots) {
    if (root.kind === "host") continue;
    const value = valueAt(root.value);
    const buffer = resultBuffer(lowering, value);
    if (root.kind === "assign") {
      lowering.buffers[buffer].target = root.slot;
    } else {
      lowering.buffers[buffer].output = true;
      outputs.push({ buffer, shape: value.shape });
    }
  }

  const steps = yield* fuse(lowering.steps, lowering.buffers, limits);
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

/** A buffer of the plan's own that holds the value, not yet the target of another root. */
function resultBuffer(lowering: Lowering, value: Value): number {
  const load = asLoad(value);
  if (load) {
    const draft = lowering.buffers[load.buffer];
    const free = draft.slot === null && draft.target === null && !draft.output;
    if (free && isWhole(load, draft.size) && draft.dtype === dtypeOf(value)) return load.buffer;
  }
  lowering.enter("assign", "");
  const copy = asLoad(lowering.copy(value));
  if (!copy) throw new Error("a copy is a load");
  return copy.buffer;
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

const costly = new Set(["exp", "log", "sin", "cos", "tanh", "sigmoid", "div", "sqrt"]);

/** Whether computing it again costs no more than reading it from memory. */
function isCheap(expr: Expr): boolean {
  const operations = topological([expr]).filter((e) => e.kind === "apply");
  if (operations.some((e) => costly.has(e.op))) return false;
  const loads = loadedBuffers(expr).size;
  return operations.length === 0 || (operations.length <= 2 && loads <= 1) || (loads === 0 && operations.length <= 6);
}
