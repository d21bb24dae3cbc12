import type { ComputeDType } from "../dtype.ts";
import type { OpDefinition, Signature } from "../graph/op.ts";
import type { Slot } from "./plan.ts";

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
  readonly op: OpDefinition<unknown>;
  readonly attributes: unknown;
  readonly inputs: readonly Edge[];
  /** Module path at creation. */
  readonly path: string;
  /** Its stack shows where it was created. */
  readonly trace: Error | undefined;
}

/** Output `output` of node `node`. */
export interface Edge {
  readonly node: number;
  readonly output: number;
}

/** What a plan is run for, in program order. */
export type Root =
  | { readonly kind: "assign"; readonly slot: number; readonly value: Edge }
  | { readonly kind: "output"; readonly value: Edge }
  | { readonly kind: "host"; readonly node: number };
