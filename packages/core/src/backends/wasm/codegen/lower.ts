/** From a map or reduction of a plan to the structure that is compiled and the words of its argument block. */
import { dtypes } from "../../../dtype.ts";
import type { Expr } from "../../../plan/expr.ts";
import { slowOps, topological } from "../../../plan/expr.ts";
import type { Store } from "../../../plan/plan.ts";
import type { Arg } from "../kernels/kernel.ts";
import { argumentWords } from "./arguments.ts";
import { NodeTable } from "./nodes.ts";
import type { Operand, OperandTable } from "./operands.ts";
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

/** Rough work of the arithmetic of four elements, for the choice of loops. */
export function computeWork(roots: readonly Expr[]): number {
  let work = 0;
  for (const expr of topological(roots)) if (expr.kind === "apply") work += slowOps.has(expr.op) ? 12 : 0.5;
  return work;
}

/** How much of a row one unit of work takes, so that some 64 units can be shared: 0 for the whole row. */
export function chooseStretch(rows: number, inner: number, least: number, most: number): number {
  const wanted = Math.max(Math.ceil(64 / rows), Math.ceil(inner / most));
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
  return { structure, args: argumentsOf(structure, table.operands, { ...nest, loops }, nodes) };
}

function argumentsOf(structure: Structure, operands: readonly Operand[], nest: Nest, nodes: NodeTable): Arg[] {
  const words = argumentWords(structure);
  const args = new Array<Arg>(words.total).fill({ kind: "int", value: 0 });
  const int = (word: number, value: number): void => {
    args[word] = { kind: "int", value };
  };
  const bytesOf = (o: Operand): number => (o.storage === "index" ? 1 : dtypes[o.storage].bytes);
  int(
    words.units,
    nest.loops.reduce((units, loop) => units * loop.extent, 1),
  );
  int(words.inner, nest.inner);
  int(words.stretch, nest.stretch);
  int(words.length, nest.length);
  int(words.block, nest.block);
  args[words.error] = { kind: "error" };
  nest.loops.forEach((loop, l) => {
    int(words.extent(l), loop.extent);
  });
  operands.forEach((operand, o) => {
    const bytes = bytesOf(operand);
    if (operand.buffer < 0) int(words.base(o), operand.offset);
    else args[words.base(o)] = { kind: "address", buffer: operand.buffer, byteOffset: operand.offset * bytes };
    int(words.innerStride(o), nest.innerStrides[o] * bytes);
    int(words.reducedStride(o), nest.reducedStrides[o] * bytes);
    nest.loops.forEach((loop, l) => {
      int(words.stride(o, l), loop.strides[o] * bytes);
    });
  });
  nodes.arguments.gathers.forEach((gather, g) => {
    int(words.gatherStride(g), gather.stride * bytesOf(operands[gather.operand]));
    int(words.gatherLimit(g), gather.limit);
  });
  nodes.arguments.checks.forEach((check, c) => {
    int(words.check(c), check + 1);
  });
  nodes.arguments.numbers.forEach((slot, n) => {
    args[words.number(n)] = { kind: "number", slot };
  });
  return args;
}

function innerClass(stride: number, extent: number, stored: boolean): InnerClass {
  // A single element has no neighbour: any stride will do, and a store has no splat.
  if (extent <= 1) return stored ? "vector" : "splat";
  return stride === 0 ? "splat" : stride === 1 ? "vector" : "lanes";
}
