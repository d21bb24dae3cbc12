/** From a map or reduction of a plan to the structure that is compiled and the words of its argument block. */
import type { Expr } from "../../../plan/expr.ts";
import { slowOps, topological } from "../../../plan/expr.ts";
import type { Store } from "../../../plan/plan.ts";
import { sizeOf } from "../../../plan/view.ts";
import { integer } from "../kernels/arguments.ts";
import type { Arg } from "../kernels/kernel.ts";
import { type NodeArguments, NodeTable } from "./nodes.ts";
import type { Operand, OperandTable } from "./operands.ts";
import { elementBytes } from "./rows.ts";
import { type Space, stridesAlong } from "./space.ts";
import type { InnerClass, OperandShape, Reduction, Structure } from "./structure.ts";

/** What a kernel becomes. */
export interface Lowered {
  readonly structure: Structure;
  readonly args: readonly Arg[];
}

/** One loop around the rows. */
export interface Loop {
  readonly extent: number;
  /** Stride of every operand, in elements. */
  readonly strides: readonly number[];
}

/** The loops that were chosen for a kernel. */
export interface Nest {
  readonly loops: readonly Loop[];
  /** Elements along the vector axis, and the operands' strides there. */
  readonly inner: number;
  readonly innerStrides: readonly number[];
  /** The operands' strides along the reduced axis inside the vector loop (0 where there is none). */
  readonly reducedStrides: readonly number[];
  /** Elements of one stretch of the vector axis; 0: rows are not cut. */
  readonly stretch: number;
  /** Loops that run inside the one over the stretches. */
  readonly insideStretch: number;
  /** Reduced elements in all and of one block. */
  readonly length: number;
  readonly block: number;
}

/** The reduction's part of a structure, before its input is a node. */
export type ReductionPlan = Omit<Reduction, "input"> & { readonly input: Expr };

/** The first axes of a space as loops. */
export function loopsOf(space: Space, axes: number): Loop[] {
  return space.extents.slice(0, axes).map((extent, axis) => ({ extent, strides: stridesAlong(space, axis) }));
}

/** Rough work of the arithmetic of four elements, for the choice of loops. */
export function computeWork(roots: readonly Expr[]): number {
  let work = 0;
  for (const expr of topological(roots)) if (expr.kind === "apply") work += slowOps.has(expr.op) ? 12 : 0.5;
  return work;
}

/** Turns of nested loops: rows. */
function turnsOf(loops: readonly Loop[]): number {
  return sizeOf(loops.map((loop) => loop.extent));
}

/** How much of a row one unit of work takes, so that some 64 units can be shared: 0 for the whole row. */
export function chooseStretch(loops: readonly Loop[], inner: number, least: number, most: number): number {
  const wanted = Math.max(Math.ceil(64 / turnsOf(loops)), Math.ceil(inner / most));
  const stretches = Math.min(wanted, Math.floor(inner / least));
  if (stretches <= 1) return 0;
  return Math.ceil(inner / stretches / 16) * 16;
}

/** Builds structure and arguments for the chosen loops. */
export function assemble(
  table: OperandTable,
  nest: Nest,
  reduction: ReductionPlan | null,
  stores: readonly Store[],
): Lowered {
  const stretchLoop = nest.stretch > 0 ? nest.loops.length - nest.insideStretch : -1;
  const loops = [...nest.loops];
  if (stretchLoop >= 0) {
    const extent = Math.ceil(nest.inner / nest.stretch);
    loops.splice(stretchLoop, 0, { extent, strides: nest.innerStrides.map((s) => s * nest.stretch) });
  }
  const inStores = new Set(stores.map((s) => table.of(s.place.buffer, s.place.view)));
  const operands = table.operands.map((operand, o): OperandShape => {
    const inner = innerClass(nest.innerStrides[o], nest.inner, inStores.has(o));
    const outer = loops.some((loop) => loop.strides[o] !== 0);
    return { storage: operand.storage, inner, outer, reduced: nest.reducedStrides[o] !== 0 };
  });
  const column = reduction?.mode === "column";
  const nodes = new NodeTable(table, operands, { depth: column ? 2 : 1, varies: column });
  const input = reduction ? nodes.add(reduction.input) : -1;
  const storeNodes = stores.map((s) => ({
    operand: table.of(s.place.buffer, s.place.view),
    node: nodes.add(s.expr),
  }));
  const structure: Structure = {
    nodes: nodes.nodes,
    operands,
    stores: storeNodes,
    reduction: reduction && { ...reduction, input },
    loops: loops.length,
    stretchLoop,
    gathers: nodes.arguments.gathers.length,
    checks: nodes.arguments.checks.length,
    numbers: nodes.arguments.numbers.length,
  };
  return { structure, args: argumentsOf(table.operands, { ...nest, loops }, nodes.arguments) };
}

/** The words in the order of `argumentWords`. */
function argumentsOf(operands: readonly Operand[], nest: Nest, { gathers, checks, numbers }: NodeArguments): Arg[] {
  const { loops, inner, innerStrides, reducedStrides, stretch, length, block } = nest;
  return [
    ...[turnsOf(loops), inner, stretch, length, block].map(integer),
    { kind: "error" },
    ...loops.map((loop) => integer(loop.extent)),
    ...operands.flatMap(({ buffer, storage, offset }, o) => {
      const bytes = elementBytes(storage);
      const base: Arg = buffer < 0 ? integer(offset) : { kind: "address", buffer, byteOffset: offset * bytes };
      const strides = [innerStrides[o], reducedStrides[o], ...loops.map((loop) => loop.strides[o])];
      return [base, ...strides.map((stride) => integer(stride * bytes))];
    }),
    ...gathers.flatMap(({ stride, limit, operand }) => {
      return [stride * elementBytes(operands[operand].storage), limit].map(integer);
    }),
    ...checks.map((check) => integer(check + 1)),
    ...numbers.map((slot): Arg => ({ kind: "number", slot })),
  ];
}

function innerClass(stride: number, extent: number, stored: boolean): InnerClass {
  // A single element has no neighbour: any stride will do, and a store has no splat.
  if (extent <= 1) return stored ? "vector" : "splat";
  return stride === 0 ? "splat" : stride === 1 ? "vector" : "lanes";
}
