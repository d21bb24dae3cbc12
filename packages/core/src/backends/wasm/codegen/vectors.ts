/** The loop along the vector axis: four elements at a time (or several fours), then the remaining ones one by one. */
import { slowOps } from "../../../plan/expr.ts";
import type { Local, Value } from "../emit/index.ts";
import { i32 } from "../emit/index.ts";
import type { KernelContext } from "./evaluate.ts";
import type { Rows } from "./rows.ts";
import { elementBytes } from "./rows.ts";
import type { Position, Site } from "./site.ts";
import type { Structure } from "./structure.ts";

type Scalar = Value<"i32">;

/** Sites of one turn of a loop: neighbouring vectors, or one element. */
export type Turn = (sites: readonly Site[]) => void;

/** Vectors that a turn takes: more for small bodies, whose loop would cost as much as they do. */
export function unrolling(structure: Structure): number {
  let weight = 0;
  for (const node of structure.nodes) {
    if (node.depth < 2) continue;
    if (node.kind === "load")
      weight += node.gathers.length > 0 || structure.operands[node.operand].inner === "lanes" ? 8 : 1;
    else if (node.kind === "apply") weight += slowOps.has(node.op) ? 24 : 1;
  }
  return weight <= 16 ? 4 : weight <= 60 ? 2 : 1;
}

/** Walks `count` elements from the row's start. */
export function forEachVector(
  context: KernelContext,
  rows: Rows,
  row: Site,
  count: Scalar,
  unroll: number,
  turn: Turn,
): void {
  const { f } = context;
  const end = f.let(count);
  const i = f.local("i32");
  f.set(i, 0);
  const vectors = (n: number): void => {
    const limit = f.let(i32.and(end, -4 * n));
    f.for(i, i, limit, 4 * n, () => turn(sitesAt(context, rows, row, i, n, 4)));
  };
  if (unroll > 1) vectors(unroll);
  vectors(1);
  f.for(i, i, end, 1, () => turn(sitesAt(context, rows, row, i, 1, 1)));
}

/** Sites of the elements from `i` on. */
function sitesAt(context: KernelContext, rows: Rows, row: Site, i: Local<"i32">, count: number, lanes: 1 | 4): Site[] {
  const { f, structure, constants, words } = context;
  const scaled = new Map<number, Scalar>();
  /** i elements in bytes. */
  const bytes = (size: number): Scalar => {
    let value = scaled.get(size);
    if (!value) {
      value = size === 1 ? i : f.let(i32.shl(i, Math.log2(size)));
      scaled.set(size, value);
    }
    return value;
  };
  const known = new Map<string, Position>();
  const position = (operand: number, vector: number): Position => {
    const { inner, storage } = structure.operands[operand];
    const pointer = rows.pointers[operand];
    if (inner === "splat") return { base: pointer, offset: 0 };
    const size = elementBytes(storage);
    const key = inner === "vector" ? `${operand}` : `${operand}:${vector}`;
    let place = known.get(key);
    if (!place) {
      const stride = constants.word(words.innerStride(operand));
      const element = vector === 0 ? i : i32.add(i, 4 * vector);
      const step = inner === "vector" ? bytes(size) : i32.mul(element, stride);
      place = { base: f.let(i32.add(pointer, step)), offset: 0 };
      known.set(key, place);
    }
    return inner === "vector" ? { base: place.base, offset: 4 * size * vector } : place;
  };
  return Array.from({ length: count }, (_, vector) => ({
    depth: 2 as const,
    lanes,
    position: (operand: number) => position(operand, vector),
    outer: row,
    values: new Map(),
  }));
}
