import { type ComputeDType, dtypes } from "../dtype.ts";
import type { CapturedGraph, CapturedNode, Edge, Root } from "../plan/graph.ts";
import type { HostCall, Slot } from "../plan/plan.ts";
import { hostOp } from "./host.ts";
import { numberOp } from "./leaves.ts";
import { type Part, type Read, readOf } from "./partition.ts";
import type { Node, Result, Tensor } from "./tensor.ts";
import type { Variable } from "./variable.ts";

/** A part whose graph has been walked: the plan's key, and what a run binds. */
export interface Capture {
  /** The graph as integers; equal keys, equal plans. */
  readonly key: Int32Array;
  /** What is bound to each slot. */
  readonly slots: readonly (Variable | Result)[];
  /** Whether the plan reads what is bound to each slot (else it only writes it). */
  readonly reads: readonly boolean[];
  readonly numbers: readonly number[];
  readonly hosts: readonly HostCall[];
  /** Kept and requested tensors, in the order of the plan's outputs. */
  readonly outputs: readonly Tensor[];
  /** Variables and the version that the plan leaves; `stored` is false where the value is consumed. */
  readonly written: ReadonlyMap<Variable, { version: number; stored: boolean }>;
  /** Nodes that the plan computes. */
  readonly nodes: readonly Node[];
  /** What a tensor is inside the plan: an alias, or a version that the plan writes, is followed to the end. */
  resolve(tensor: Tensor): Tensor;
  /** The graph for the compiler; only needed where the key is new. */
  graph(): CapturedGraph;
}

type Target =
  | { readonly kind: "assign"; readonly variable: Variable; readonly value: Tensor }
  | { readonly kind: "output"; readonly value: Tensor }
  | { readonly kind: "host"; readonly node: Node };

/** Kinds of leaves in keys; ops have positive ids. */
const slotLeaf = -1;
const numberLeaf = -2;
const orderOnly = -6;
const rootKinds = { assign: -3, output: -4, host: -5 } as const;

/** Walks the graph of a part in a fixed order and writes it down as integers. */
export function capture(part: Part): Capture {
  return new Walker(part).capture();
}

class Walker {
  readonly #part: Part;
  readonly #key: number[] = [];
  readonly #slots: (Variable | Result)[] = [];
  readonly #slotInfo: Slot[] = [];
  readonly #numbers: number[] = [];
  readonly #numberTypes: ComputeDType[] = [];
  readonly #hosts: HostCall[] = [];
  readonly #nodes: Node[] = [];
  /** What makes the captured nodes: an op's node, or the leaf of a tensor. */
  readonly #captured: (Node | { slot: number })[] = [];
  /** Where in the key each of them begins. */
  readonly #starts: number[] = [];
  readonly #ofNode = new Map<Node, number>();
  readonly #ofSlot = new Map<Variable | Result, { slot: number; node: number }>();
  readonly #assigned = new Map<Variable, Map<number, Tensor>>();

  constructor(part: Part) {
    this.#part = part;
    for (const effect of part.effects) {
      if (effect.kind !== "assign") continue;
      const versions = this.#assigned.get(effect.variable) ?? new Map<number, Tensor>();
      this.#assigned.set(effect.variable, versions.set(effect.version, effect.value));
    }
  }

  capture(): Capture {
    const written = new Map<Variable, { version: number; stored: boolean }>();
    for (const effect of this.#part.effects) {
      if (effect.kind === "assign") written.set(effect.variable, { version: effect.version, stored: true });
      else if (effect.kind === "consume") written.set(effect.variable, { version: effect.version, stored: false });
    }
    const targets = this.#targets(written);
    this.#addAll(targets.map((target) => (target.kind === "host" ? target.node : this.#nodeOf(target.value))));
    const roots = targets.map((target): Root => {
      if (target.kind === "host") return { kind: "host", node: this.#ofNode.get(target.node) as number };
      const value = this.#edge(target.value);
      if (target.kind === "output") return { kind: "output", value, dtype: target.value.dtype };
      return { kind: "assign", slot: this.#slot(target.variable).slot, value };
    });
    for (const root of roots) {
      if (root.kind === "assign") this.#key.push(rootKinds.assign, root.slot, root.value.node, root.value.output);
      else if (root.kind === "output") {
        this.#key.push(rootKinds.output, root.value.node, root.value.output, dtypes[root.dtype].id);
      } else this.#key.push(rootKinds.host, root.node);
    }
    return {
      key: Int32Array.from(this.#key),
      slots: this.#slots,
      reads: this.#slots.map((source) => (this.#ofSlot.get(source)?.node ?? -1) >= 0),
      numbers: this.#numbers,
      hosts: this.#hosts,
      outputs: targets.flatMap((target) => (target.kind === "output" ? [target.value] : [])),
      written,
      nodes: this.#nodes,
      resolve: (tensor) => this.#resolve(tensor),
      graph: () => this.#graph(roots),
    };
  }

  /** What the plan is run for, in program order: last versions that are stored, host steps, kept and requested values. */
  #targets(written: Capture["written"]): Target[] {
    const targets: Target[] = [];
    const outputs = new Set<Tensor>();
    const output = (value: Tensor): void => {
      if (value.result !== null || outputs.has(value)) return;
      outputs.add(value);
      targets.push({ kind: "output", value });
    };
    for (const effect of this.#part.effects) {
      if (effect.kind === "assign") {
        const last = written.get(effect.variable);
        if (last?.stored && last.version === effect.version) targets.push(effect);
      } else if (effect.kind === "keep") {
        output(effect.value);
      } else if (effect.kind === "host") {
        targets.push(effect);
        // The call happens once: whatever reads its results later finds them.
        for (const result of effect.node.outputs) output(result);
      }
    }
    for (const tensor of this.#part.requests) output(tensor);
    return targets;
  }

  /** The tensor that an alias, or a read of a version, stands for inside this plan, followed to the end. */
  #resolve(tensor: Tensor): Tensor {
    let current = tensor;
    while (current.result === null) {
      const { node } = current;
      const read = readOf(node);
      const value = node.op.alias ? node.operands[current.index] : read && this.#assignedValue(read);
      if (!value) break;
      current = value;
    }
    return current;
  }

  #assignedValue({ variable, version }: Read): Tensor | undefined {
    return this.#assigned.get(variable)?.get(version);
  }

  #isLeaf(tensor: Tensor): boolean {
    return tensor.result !== null || readOf(tensor.node) !== null;
  }

  /** The node that computes a tensor inside this plan, if one does. */
  #nodeOf(tensor: Tensor): Node | null {
    const target = this.#resolve(tensor);
    return this.#isLeaf(target) ? null : target.node;
  }

  /**
   * Adds nodes and all below them in the order of their creation: what a program makes late (the second forward of a
   * checkpoint, the gradient of a layer) is computed late, and memory is laid out as for a program that runs line by line.
   */
  #addAll(roots: readonly (Node | null)[]): void {
    const nodes = new Set<Node>();
    const stack: Node[] = [];
    const enter = (node: Node | null): void => {
      if (node === null || nodes.has(node)) return;
      nodes.add(node);
      stack.push(node);
    };
    roots.forEach(enter);
    for (let node = stack.pop(); node; node = stack.pop()) {
      for (const input of node.inputs) enter(this.#nodeOf(input));
      if (node.after.length > 0) this.#before(node).forEach(enter);
    }
    for (const node of [...nodes].sort((a, b) => a.id - b.id)) this.#add(node);
  }

  /** Order-only predecessors that are still to run. */
  #before({ after }: Node): Node[] {
    const nodes = after.flatMap((node) =>
      node.outputs.length === 0 ? [node] : node.outputs.map((o) => this.#nodeOf(o)),
    );
    return [...new Set(nodes.filter((node) => node !== null))];
  }

  #add(node: Node): void {
    const key = this.#key;
    const edges = node.inputs.map((input) => this.#edge(input));
    this.#starts.push(key.length);
    if (node.op.id === numberOp.id) {
      const dtype = dtypes[node.outputs[0].dtype].compute;
      key.push(numberLeaf, dtypes[dtype].id, ...node.key);
      this.#numbers.push((node.attributes as { value: number }).value);
      this.#numberTypes.push(dtype);
    } else {
      key.push(node.op.id, edges.length);
      for (const edge of edges) key.push(edge.node, edge.output);
      key.push(node.key.length, ...node.key);
      const before = node.after.length > 0 ? this.#before(node) : [];
      if (before.length > 0) key.push(orderOnly, ...before.map((earlier) => this.#ofNode.get(earlier) as number));
      if (node.op.id === hostOp.id) this.#hosts.push((node.attributes as { call: HostCall }).call);
      this.#nodes.push(node);
    }
    this.#ofNode.set(node, this.#captured.length);
    this.#captured.push(node);
  }

  #edge(tensor: Tensor): Edge {
    const target = this.#resolve(tensor);
    if (this.#isLeaf(target)) return { node: this.#leaf(target), output: 0 };
    return { node: this.#ofNode.get(target.node) as number, output: target.index };
  }

  #leaf(tensor: Tensor): number {
    const source = sourceOf(tensor);
    const known = this.#ofSlot.get(source);
    if (known !== undefined && known.node >= 0) return known.node;
    const entry = this.#slot(source, tensor);
    entry.node = this.#captured.length;
    this.#captured.push({ slot: entry.slot });
    this.#starts.push(this.#key.length);
    this.#key.push(slotLeaf, entry.slot);
    return entry.node;
  }

  #slot(source: Variable | Result, tensor?: Tensor): { slot: number; node: number } {
    const known = this.#ofSlot.get(source);
    if (known) return known;
    const { shape, dtype } = "storage" in source ? source : (tensor as Tensor);
    const entry = { slot: this.#slots.length, node: -1 };
    this.#ofSlot.set(source, entry);
    this.#slots.push(source);
    this.#slotInfo.push({ kind: "storage" in source ? "variable" : "value", shape, dtype });
    this.#key.push(slotLeaf, "storage" in source ? 1 : 0, dtypes[dtype].id, shape.length, ...shape);
    return entry;
  }

  #graph(roots: readonly Root[]): CapturedGraph {
    let numbers = 0;
    const nodes = this.#captured.map((made, at): CapturedNode => {
      const start = this.#starts[at];
      if ("slot" in made) {
        const { shape, dtype } = this.#slotInfo[made.slot];
        return { kind: "slot", slot: made.slot, outputs: [{ shape, dtype }], start };
      }
      const outputs = made.outputs.map(({ shape, dtype }) => ({ shape, dtype }));
      if (made.op.id === numberOp.id) return { kind: "number", number: numbers++, outputs, start };
      const { op, attributes, path, trace } = made;
      const inputs = made.inputs.map((input) => this.#edge(input));
      const after = this.#before(made).map((earlier) => this.#ofNode.get(earlier) as number);
      return { kind: "op", op, attributes, inputs, after, outputs, path, trace, start };
    });
    return { nodes, roots, slots: this.#slotInfo, numbers: this.#numberTypes };
  }
}

/** What is bound for a leaf: the variable as long as it has the version that was read, else the value. */
function sourceOf(tensor: Tensor): Variable | Result {
  const read = readOf(tensor.node);
  if (read && (tensor.result === null || read.version === read.variable.storage.committed)) return read.variable;
  return tensor.result as Result;
}
