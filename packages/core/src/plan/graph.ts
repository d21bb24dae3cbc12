import type { ComputeDType, DType } from "../dtype.ts";
import type { Lowering } from "./lowering.ts";
import type { Slot } from "./plan.ts";
import type { Value } from "./value.ts";

/** Shape and dtype of one result. */
export interface Signature {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** What the compiler knows of an op. */
export interface Lowerable<Attributes> {
  readonly name: string;
  /** A node of it in the kernel vocabulary: one value for each output. */
  lower(
    lowering: Lowering,
    inputs: readonly Value[],
    attributes: Attributes,
    outputs: readonly Signature[],
  ): readonly Value[];
}

/** A node's name in messages: `path:op`. */
export function qualifiedName(path: string, op: string): string {
  return path ? `${path}:${op}` : op;
}

/** Where a node was created, for the end of a message; empty where that is not known. */
export function builtAt(trace: Error | undefined): string {
  return trace?.stack ? `; it was built\n${trace.stack.split("\n").slice(1).join("\n")}` : "";
}

/** A captured graph: what is compiled to a plan. Nodes stand in topological order and refer to each other by number. */
export interface CapturedGraph {
  readonly nodes: readonly CapturedNode[];
  readonly roots: readonly Root[];
  readonly slots: readonly Slot[];
  readonly numbers: readonly ComputeDType[];
}

export type CapturedNode = SlotLeaf | NumberLeaf | OpNode;

interface Captured {
  readonly outputs: readonly Signature[];
  /** Where in the plan's key it begins. */
  readonly start: number;
}

/** A variable or value that the run is given. */
export interface SlotLeaf extends Captured {
  readonly kind: "slot";
  readonly slot: number;
}

/** A number that the run is given. */
export interface NumberLeaf extends Captured {
  readonly kind: "number";
  readonly number: number;
}

export interface OpNode extends Captured {
  readonly kind: "op";
  readonly op: Lowerable<unknown>;
  readonly attributes: unknown;
  readonly inputs: readonly Edge[];
  /** Order-only edges: nodes that are lowered before this one although it reads nothing of theirs. */
  readonly after: readonly number[];
  /** Module path at creation. */
  readonly path: string;
  /** Its stack shows where it was created. */
  readonly trace: Error | undefined;
}

/** A captured node's name in messages. */
export function nodeName(node: CapturedNode): string {
  if (node.kind === "op") return qualifiedName(node.path, node.op.name);
  return node.kind === "slot" ? "a leaf" : "a number";
}

/** Output `output` of node `node`. */
export interface Edge {
  readonly node: number;
  readonly output: number;
}

/** What a plan is run for, in program order. */
export type Root =
  | { readonly kind: "assign"; readonly slot: number; readonly value: Edge }
  | { readonly kind: "output"; readonly value: Edge; readonly dtype: DType }
  | { readonly kind: "host"; readonly node: number };
