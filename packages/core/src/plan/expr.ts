import type { ComputeDType } from "../dtype.ts";
import type { View } from "./view.ts";

/**
 * A scalar expression, evaluated at every element of a kernel's iteration space. Expressions form a directed acyclic
 * graph: an object that is reached twice is computed once. Every view in it has the shape of the iteration space.
 */
export type Expr = Constant | RunTimeNumber | Index | Load | Accumulated | Apply;

/** A constant of an op's own definition: part of the structure. */
export interface Constant {
  readonly kind: "constant";
  readonly dtype: ComputeDType;
  readonly value: number;
}

/** A number that is bound when the plan runs: entry `slot` of `Plan.numbers`. */
export interface RunTimeNumber {
  readonly kind: "number";
  readonly dtype: ComputeDType;
  readonly slot: number;
}

/** The element's place, `offset + Σ stride·coordinate`, as int32: aranges, masks and one-hots occupy no memory. */
export interface Index {
  readonly kind: "index";
  readonly dtype: "int32";
  readonly view: View;
}

/**
 * An element of a buffer, at `view(coordinates) + Σ clamp(index, 0, extent − 1)·stride`. A storage dtype
 * (`Plan.buffers[buffer].dtype`) is widened to `dtype`.
 */
export interface Load {
  readonly kind: "load";
  readonly dtype: ComputeDType;
  readonly buffer: number;
  readonly view: View;
  /** Computed indices (rows of a gather, a run-time start). */
  readonly gathers: readonly Gather[];
  /** Where it is false the address may lie outside the buffer: nothing is read, no index is checked, any value may come. */
  readonly guard: Expr | null;
}

export interface Gather {
  /** An int32 expression over the same iteration space. */
  readonly index: Expr;
  /** Elements from one index to the next. */
  readonly stride: number;
  /** Indices lie in [0, extent); others are clamped and reported. */
  readonly extent: number;
  /** Number of the check in `Plan.checks` that an index out of range fails; −1: clamp silently. */
  readonly check: number;
}

/** In a reduction's output expressions: the reduced value. */
export interface Accumulated {
  readonly kind: "accumulated";
  readonly dtype: ComputeDType;
}

export interface Apply {
  readonly kind: "apply";
  readonly op: ScalarOp;
  /** The result's type. */
  readonly dtype: ComputeDType;
  readonly inputs: readonly Expr[];
}

/**
 * The scalar operations that a backend implements; inputs have one dtype unless said. Integers wrap at 32 bits.
 *
 * - `add sub mul neg abs min max`: numbers; `min` and `max` give NaN where either is NaN.
 * - `div sqrt exp expm1 log log2 log10 sin cos tanh sigmoid erf floor ceil round`: floats; `round` is half to even.
 * - `pow(x, y)`: floats, with the edges of C: x⁰ = 1ʸ = 1 also of NaN, (−1)^±∞ = 1. `atan2(y, x)`: the angle of (x, y).
 * - `copySign(x, y)` = |x| with the sign of y; `rem` = x − trunc(x / y)·y, exact (C's fmod): floats.
 * - `mulAdd(a, b, c)` = a·b + c in floats: the one place where a backend may contract.
 * - `floorDiv mod`: int32, rounded to minus infinity, the sign of the divisor (NumPy); by 0 gives 0.
 * - `bitAnd bitOr bitXor shiftLeft shiftRight` (logical): int32; shift counts are taken modulo 32.
 * - `eq ne lt le gt ge`: to bool; `eq` and `ne` take bool too. `and or not`: bool.
 * - `select(condition, a, b)`: `condition` is bool.
 * - `cast`: between compute types; float to int truncates and saturates, NaN gives 0; number to bool is ≠ 0.
 * - `bitcast`: float32 ↔ int32, the same 32 bits.
 */
export type ScalarOp =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "neg"
  | "abs"
  | "min"
  | "max"
  | "mulAdd"
  | "sqrt"
  | "exp"
  | "expm1"
  | "log"
  | "log2"
  | "log10"
  | "pow"
  | "sin"
  | "cos"
  | "atan2"
  | "tanh"
  | "sigmoid"
  | "erf"
  | "floor"
  | "ceil"
  | "round"
  | "copySign"
  | "rem"
  | "floorDiv"
  | "mod"
  | "bitAnd"
  | "bitOr"
  | "bitXor"
  | "shiftLeft"
  | "shiftRight"
  | "eq"
  | "ne"
  | "lt"
  | "le"
  | "gt"
  | "ge"
  | "and"
  | "or"
  | "not"
  | "select"
  | "cast"
  | "bitcast";

/** Operations that take many instructions. */
export const slowOps: ReadonlySet<ScalarOp> = new Set<ScalarOp>([
  "exp",
  "expm1",
  "log",
  "log2",
  "log10",
  "pow",
  "sin",
  "cos",
  "atan2",
  "tanh",
  "sigmoid",
  "erf",
  "rem",
  "floorDiv",
  "mod",
]);

export function constant(value: number, dtype: ComputeDType): Constant {
  return { kind: "constant", dtype, value };
}

export function apply(op: ScalarOp, dtype: ComputeDType, ...inputs: Expr[]): Apply {
  return { kind: "apply", op, dtype, inputs };
}

/** The expressions that `expr` reads directly. */
export function children(expr: Expr): readonly Expr[] {
  if (expr.kind === "apply") return expr.inputs;
  if (expr.kind === "load") {
    const indices = expr.gathers.map((g) => g.index);
    return expr.guard ? [...indices, expr.guard] : indices;
  }
  return [];
}

/** Every expression reachable from `roots`, inputs before users, each once. */
export function topological(roots: readonly Expr[]): Expr[] {
  const seen = new Set<Expr>();
  const order: Expr[] = [];
  const visit = (expr: Expr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    for (const child of children(expr)) visit(child);
    order.push(expr);
  };
  for (const root of roots) visit(root);
  return order;
}
