/**
 * What of a map or reduction is compiled into machine code: its expressions, the classes of its accesses and the number
 * of its loops. Plain data, whose JSON is the kernel's cache key. Extents, strides, addresses and numbers are arguments.
 */
import type { ComputeDType, DType } from "../../../dtype.ts";
import type { ScalarOp } from "../../../plan/expr.ts";
import type { ReduceKernel } from "../../../plan/plan.ts";

/**
 * The loop in which a value changes: none (once per call), the rows, the vectors of a row, and, in a column reduction,
 * the reduced elements of a vector of results.
 */
export type Depth = 0 | 1 | 2 | 3;

/** How four neighbouring elements are reached: one element for all lanes, a 16-byte access, or lane by lane. */
export type InnerClass = "splat" | "vector" | "lanes";

/** Something that moves with the element: an address in a buffer, or the value of an index expression. */
export interface OperandShape {
  readonly storage: DType | "index";
  readonly inner: InnerClass;
  /** Whether it moves from row to row. */
  readonly outer: boolean;
  /** Whether it moves along the reduced axis inside the vector loop (column reductions). */
  readonly reduced: boolean;
}

export interface GatherNode {
  readonly index: number;
  /** Position of its stride and limit among the arguments. */
  readonly ordinal: number;
  /** Position of its check's number among the arguments, −1: clamp silently. */
  readonly check: number;
}

interface Common {
  readonly depth: Depth;
  /** Whether the four lanes may differ. */
  readonly varies: boolean;
}

export interface LoadNode extends Common {
  readonly kind: "load";
  readonly operand: number;
  readonly gathers: readonly GatherNode[];
  /** Node of the guard, or −1. */
  readonly guard: number;
}

export interface ApplyNode extends Common {
  readonly kind: "apply";
  readonly op: ScalarOp;
  readonly dtype: ComputeDType;
  /** Type of the last input. */
  readonly from: ComputeDType;
  readonly inputs: readonly number[];
}

/** An expression, whose inputs are the numbers of earlier nodes. */
export type Node =
  | LoadNode
  | ApplyNode
  | (Common & { readonly kind: "constant"; readonly bits: number })
  | (Common & { readonly kind: "number"; readonly dtype: ComputeDType; readonly ordinal: number })
  | (Common & { readonly kind: "index"; readonly operand: number })
  | (Common & { readonly kind: "accumulated" });

export interface StoreNode {
  readonly operand: number;
  readonly node: number;
}

export interface Reduction {
  readonly op: ReduceKernel["op"];
  readonly dtype: ComputeDType;
  readonly input: number;
  /** `row`: the lanes run along the reduced axis; `column`: across neighbouring results. */
  readonly mode: "row" | "column";
  /** The loop that counts the blocks of a row, of which the last is shorter; −1: every reduced run has one length. */
  readonly blockLoop: number;
}

export interface Structure {
  readonly nodes: readonly Node[];
  readonly operands: readonly OperandShape[];
  readonly stores: readonly StoreNode[];
  readonly reduction: Reduction | null;
  /** Number of the loops around a row. */
  readonly loops: number;
  /** The one of them that counts stretches of a row, −1 where rows are not cut. */
  readonly stretchLoop: number;
  readonly gathers: number;
  readonly checks: number;
  readonly numbers: number;
}
