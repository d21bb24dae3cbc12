import type { ComputeDType } from "../dtype.ts";
import { apply, children, constant, type Expr, type Index, type Load } from "./expr.ts";
import { isContiguous, sizeOf, type View } from "./view.ts";

/** An expression over an index space: what a node of the graph is while it is lowered. Nothing is stored yet. */
export interface Value {
  readonly shape: readonly number[];
  readonly expr: Expr;
}

/**
 * Rewrites an expression graph from the leaves up; shared nodes stay shared. `leaf` is given loads whose indices and guard
 * are rewritten already, and may return `null`: not possible.
 */
export function rewrite(roots: readonly Expr[], leaf: (leaf: Expr) => Expr | null): Expr[] | null {
  const done = new Map<Expr, Expr>();
  const visit = (expr: Expr): Expr | null => {
    const known = done.get(expr);
    if (known) return known;
    let result: Expr | null;
    if (expr.kind === "apply") {
      const inputs: Expr[] = [];
      for (const input of expr.inputs) {
        const next = visit(input);
        if (!next) return null;
        inputs.push(next);
      }
      result = inputs.every((input, i) => input === expr.inputs[i]) ? expr : { ...expr, inputs };
    } else if (expr.kind === "load" && children(expr).length > 0) {
      const indices = expr.gathers.map((g) => visit(g.index));
      const guard = expr.guard && visit(expr.guard);
      if (indices.includes(null) || (expr.guard && !guard)) return null;
      const gathers = expr.gathers.map((g, i) => ({ ...g, index: indices[i] as Expr }));
      result = leaf({ ...expr, gathers, guard });
    } else {
      result = leaf(expr);
    }
    if (result) done.set(expr, result);
    return result;
  };
  const results: Expr[] = [];
  for (const root of roots) {
    const next = visit(root);
    if (!next) return null;
    results.push(next);
  }
  return results;
}

function both(a: Expr | null, b: Expr | null): Expr | null {
  if (!a) return b;
  return b ? apply("and", "bool", a, b) : a;
}

/** Applies a change of view to every leaf of expressions; `null` where one of them cannot express it. */
export function mapViews(roots: readonly Expr[], change: (view: View) => View | null): Expr[] | null {
  return rewrite(roots, (leaf) => {
    if (leaf.kind !== "load" && leaf.kind !== "index") return leaf;
    const view = change(leaf.view);
    return view && { ...leaf, view };
  });
}

/** The place along an axis, as an int32 expression. */
export function indexAlong(shape: readonly number[], axis: number, offset = 0): Index {
  const strides = shape.map((_, a) => (a === axis ? 1 : 0));
  return { kind: "index", dtype: "int32", view: { shape, strides, offset } };
}

/**
 * Moves a value by `before[axis]` into a larger shape; `fill` surrounds it. Loads are guarded, so that nothing outside
 * of their buffers is read.
 */
export function padValue(value: Value, before: readonly number[], shape: readonly number[], fill: number): Value {
  let inside: Expr | null = null;
  for (let axis = 0; axis < shape.length; axis++) {
    const [start, extent] = [before[axis], value.shape[axis]];
    const at = indexAlong(shape, axis, -start);
    if (start > 0) inside = both(inside, apply("ge", "bool", at, constant(0, "int32")));
    if (start + extent < shape[axis]) inside = both(inside, apply("lt", "bool", at, constant(extent, "int32")));
  }
  const moved = rewrite([value.expr], (leaf) => {
    if (leaf.kind !== "load" && leaf.kind !== "index") return leaf;
    const offset = leaf.view.offset - before.reduce((sum, start, axis) => sum + start * leaf.view.strides[axis], 0);
    const view = { shape, strides: leaf.view.strides, offset };
    return leaf.kind === "load" ? { ...leaf, view, guard: both(inside, leaf.guard) } : { ...leaf, view };
  }) as Expr[];
  if (!inside) return { shape, expr: moved[0] };
  const dtype = value.expr.dtype;
  return { shape, expr: apply("select", dtype, inside, moved[0], constant(fill, dtype)) };
}

/** The value as a plain strided read of one buffer, if it is one. */
export function asLoad({ expr }: Pick<Value, "expr">): Load | null {
  return expr.kind === "load" && isPlain(expr) ? expr : null;
}

/** Whether the strides alone say which elements are read. */
export function isPlain({ gathers, guard }: Load): boolean {
  return gathers.length === 0 && !guard;
}

/** Whether a view is all of a buffer of `size` elements, in row-major order. */
export function isWhole({ view }: { readonly view: View }, size: number): boolean {
  return view.offset === 0 && sizeOf(view.shape) === size && isContiguous(view);
}

export function dtypeOf(value: Value): ComputeDType {
  return value.expr.dtype;
}
