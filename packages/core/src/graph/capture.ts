import { type ComputeDType, dtypes } from "../dtype.ts";
import type { CapturedGraph, CapturedNode, Edge, Root } from "../plan/graph.ts";
import type { HostCall, Slot } from "../plan/plan.ts";
import { Assignments } from "./assignments.ts";
import { inCreationOrder } from "./creation-order.ts";
import { hostOp } from "./host.ts";
import { KeyWriter } from "./key-writer.ts";
import { numberOp } from "./leaves.ts";
import { type Part, readOf } from "./partition.ts";
import { Node, newWalk, type Result, type Tensor } from "./tensor.ts";
import { Variable } from "./variable.ts";

/** A part whose graph has been walked: the plan's key, and what a run binds. */
export interface Capture {
  /** The graph as integers; equal keys, equal plans. Only valid until the next capture. */
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

/** Keys are long, and most of them are only compared. */
const key = new KeyWriter();
/** Where the inputs of the node that is being added come from: numbers of a node and of its output. */
const sources = new KeyWriter();

class Walker {
  readonly #part: Part;
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
  readonly #ofSlot = new Map<Variable | Result, { slot: number; node: number }>();
  readonly #assigned: Assignments;

  constructor(part: Part) {
    this.#part = part;
    this.#assigned = new Assignments(part.effects);
  }

  capture(): Capture {
    key.clear();
    const written = new Map<Variable, { version: number; stored: boolean }>();
    for (const effect of this.#part.effects) {
      if (effect.kind === "assign") written.set(effect.variable, { version: effect.version, stored: true });
      else if (effect.kind === "consume") written.set(effect.variable, { version: effect.version, stored: false });
    }
    const targets = this.#targets(written);
    this.#addAll(targets.map((target) => (target.kind === "host" ? target.node : this.#nodeOf(target.value))));
    const roots = targets.map((target): Root => {
      if (target.kind === "host") return { kind: "host", node: target.node.note };
      const value = this.#edge(target.value);
      if (target.kind === "output") return { kind: "output", value, dtype: target.value.dtype };
      return { kind: "assign", slot: this.#slot(target.variable).slot, value };
    });
    for (const root of roots) {
      key.push(rootKinds[root.kind]);
      if (root.kind === "assign") key.push(root.slot);
      if (root.kind === "host") key.push(root.node);
      else {
        key.push(root.value.node);
        key.push(root.value.output);
      }
      if (root.kind === "output") key.push(dtypes[root.dtype].id);
    }
    return {
      key: key.words,
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
      const value = read
        ? this.#assigned.get(read.variable, read.version)?.value
        : node.op.alias && node.operands[current.index];
      if (!value) break;
      current = value;
    }
    return current;
  }

  /** The node that computes a tensor inside this plan, if one does. */
  #nodeOf(tensor: Tensor): Node | null {
    const target = this.#resolve(tensor);
    return isLeaf(target) ? null : target.node;
  }

  /**
   * Adds nodes and all below them in the order of their creation: what a program makes late (the second forward of a
   * checkpoint, the gradient of a layer) is computed late, and memory is laid out as for a program that runs line by line.
   */
  #addAll(roots: readonly (Node | null)[]): void {
    const nodes: Node[] = [];
    const walk = newWalk();
    const enter = (node: Node | null): void => {
      if (node === null || node.walk === walk) return;
      node.walk = walk;
      nodes.push(node);
    };
    roots.forEach(enter);
    for (let at = 0; at < nodes.length; at++) {
      const { inputs, after } = nodes[at];
      for (const input of inputs) enter(this.#nodeOf(input));
      if (after.length > 0) this.#before(nodes[at]).forEach(enter);
    }
    for (const node of inCreationOrder(nodes)) this.#add(node);
  }

  /** Order-only predecessors that are still to run. */
  #before({ after }: Node): Node[] {
    const nodes = after.flatMap((node) =>
      node.outputs.length === 0 ? [node] : node.outputs.map((o) => this.#nodeOf(o)),
    );
    return [...new Set(nodes.filter((node) => node !== null))];
  }

  /** From here on the node notes its number. */
  #add(node: Node): void {
    const { op, attributes, inputs } = node;
    sources.clear();
    for (const input of inputs) {
      const target = this.#resolve(input);
      const found = isLeaf(target);
      sources.push(found ? this.#leaf(target) : target.node.note);
      sources.push(found ? 0 : target.index);
    }
    const structure = op.key(attributes);
    this.#starts.push(key.length);
    if (op.id === numberOp.id) {
      const dtype = dtypes[node.outputs[0].dtype].compute;
      key.push(numberLeaf);
      key.push(dtypes[dtype].id);
      this.#numbers.push((attributes as { value: number }).value);
      this.#numberTypes.push(dtype);
    } else {
      key.push(op.id);
      key.push(inputs.length);
      key.pushAllOf(sources);
      key.push(structure.length);
    }
    key.pushAll(structure);
    node.note = this.#captured.length;
    this.#captured.push(node);
    if (op.id === numberOp.id) return;
    if (node.after.length > 0) {
      const before = this.#before(node);
      if (before.length > 0) key.push(orderOnly);
      for (const earlier of before) key.push(earlier.note);
    }
    if (op.id === hostOp.id) this.#hosts.push((attributes as { call: HostCall }).call);
    this.#nodes.push(node);
  }

  #edge(tensor: Tensor): Edge {
    const target = this.#resolve(tensor);
    if (isLeaf(target)) return { node: this.#leaf(target), output: 0 };
    return { node: target.node.note, output: target.index };
  }

  #leaf(tensor: Tensor): number {
    const source = sourceOf(tensor);
    const known = this.#ofSlot.get(source);
    if (known !== undefined && known.node >= 0) return known.node;
    const entry = this.#slot(source, tensor);
    entry.node = this.#captured.length;
    this.#captured.push({ slot: entry.slot });
    this.#starts.push(key.length);
    key.push(slotLeaf);
    key.push(entry.slot);
    return entry.node;
  }

  #slot(source: Variable | Result, tensor?: Tensor): { slot: number; node: number } {
    const known = this.#ofSlot.get(source);
    if (known) return known;
    const isVariable = source instanceof Variable;
    const { shape, dtype } = isVariable ? source : (tensor as Tensor);
    const entry = { slot: this.#slots.length, node: -1 };
    this.#ofSlot.set(source, entry);
    this.#slots.push(source);
    this.#slotInfo.push({ kind: isVariable ? "variable" : "value", shape, dtype });
    key.push(slotLeaf);
    key.push(isVariable ? 1 : 0);
    key.push(dtypes[dtype].id);
    key.push(shape.length);
    key.pushAll(shape);
    return entry;
  }

  #graph(roots: readonly Root[]): CapturedGraph {
    // Other walks may have been there meanwhile.
    for (const [at, made] of this.#captured.entries()) if (made instanceof Node) made.note = at;
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
      const after = this.#before(made).map((earlier) => earlier.note);
      return { kind: "op", op, attributes, inputs, after, outputs, path, trace, start };
    });
    return { nodes, roots, slots: this.#slotInfo, numbers: this.#numberTypes };
  }
}

/** Whether a plan finds a tensor instead of computing it. */
function isLeaf(tensor: Tensor): boolean {
  return tensor.result !== null || readOf(tensor.node) !== null;
}

/** What is bound for a leaf: the variable as long as it has the version that was read, else the value. */
function sourceOf(tensor: Tensor): Variable | Result {
  const read = readOf(tensor.node);
  if (read && (tensor.result === null || read.version === read.variable.storage.committed)) return read.variable;
  return tensor.result as Result;
}
