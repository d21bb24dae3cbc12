import { expressionsOf } from "./access.ts";
import { type Apply, constant, type Expr, topological } from "./expr.ts";
import type { BufferDraft } from "./lowering.ts";
import type { MapKernel, Step } from "./plan.ts";
import { sizeOf, sliceView, type View } from "./view.ts";

/** Smaller maps stay whole, and most pieces of a larger one. */
const leastElements = 4096;
const mostPieces = 4;

/**
 * Cuts maps where padding begins and ends: inside of a piece a comparison of a place with a border is always true or
 * always false, so that nothing is left of guards and their choices, and neighbours are loaded together.
 */
export function* cutAtBorders(steps: readonly Step[], buffers: readonly BufferDraft[]): Generator<void, Step[]> {
  const result: Step[] = [];
  for (const step of steps) {
    yield;
    // The new version of a variable is written in place by one step alone.
    const isWhole = step.kind !== "map" || step.stores.some((store) => buffers[store.place.buffer].target !== null);
    result.push(...(isWhole ? [step] : pieces(step)));
  }
  return result;
}

/** A part of an index space. */
interface Box {
  readonly start: readonly number[];
  readonly shape: readonly number[];
}

function pieces(map: MapKernel): MapKernel[] {
  if (sizeOf(map.shape) < leastElements) return [map];
  let boxes: Box[] = [{ start: map.shape.map(() => 0), shape: map.shape }];
  for (const { axis, at } of bordersOf(map)) boxes = boxes.flatMap((box) => cut(box, axis, at));
  if (boxes.length === 1 || boxes.length > mostPieces) return [map];
  return boxes.map((box) => pieceOf(map, box));
}

function cut({ start, shape }: Box, axis: number, at: number): Box[] {
  const first = at - start[axis];
  if (first <= 0 || first >= shape[axis]) return [{ start, shape }];
  const rest = start.with(axis, at);
  return [
    { start, shape: shape.with(axis, first) },
    { start: rest, shape: shape.with(axis, shape[axis] - first) },
  ];
}

function cutView(view: View, { start, shape }: Box): View {
  const steps = start.map(() => 1);
  return sliceView(view, start, steps, shape);
}

interface Border {
  readonly axis: number;
  /** The first place along the axis that lies beyond. */
  readonly at: number;
}

function bordersOf(map: MapKernel): Border[] {
  return topological(expressionsOf(map)).flatMap((expr) => {
    const border = expr.kind === "apply" ? borderOf(expr) : null;
    return border && border.at > 0 && border.at < map.shape[border.axis] ? [border] : [];
  });
}

/** Where along an axis a comparison of the place with a constant changes. */
function borderOf({ op, inputs: [place, bound] }: Apply): Border | null {
  if ((op !== "ge" && op !== "lt") || place.kind !== "index" || bound.kind !== "constant") return null;
  const { shape, strides, offset } = place.view;
  const axis = strides.findIndex((stride, a) => stride !== 0 && shape[a] > 1);
  if (axis < 0 || strides[axis] < 0 || strides.some((stride, a) => a !== axis && stride !== 0 && shape[a] > 1))
    return null;
  return { axis, at: Math.ceil((bound.value - offset) / strides[axis]) };
}

function pieceOf(map: MapKernel, box: Box): MapKernel {
  const specialize = inside(box);
  const stores = map.stores.map(({ place, expr }) => {
    return { place: { buffer: place.buffer, view: cutView(place.view, box) }, expr: specialize(expr) };
  });
  return { ...map, shape: box.shape, stores };
}

/** Expressions over a box of their index space, without what is known there. */
function inside(box: Box): (expr: Expr) => Expr {
  const { start, shape } = box;
  const done = new Map<Expr, Expr>();
  const of = (expr: Expr): Expr => {
    let result = done.get(expr);
    if (!result) {
      result = compute(expr);
      done.set(expr, result);
    }
    return result;
  };
  const compute = (expr: Expr): Expr => {
    if (expr.kind === "index") return { ...expr, view: cutView(expr.view, box) };
    if (expr.kind === "apply") return known(expr) ?? simplified({ ...expr, inputs: expr.inputs.map(of) });
    if (expr.kind !== "load") return expr;
    const guard = expr.guard && of(expr.guard);
    if (guard && isFalse(guard)) return constant(0, expr.dtype);
    const gathers = expr.gathers.map((gather) => ({ ...gather, index: of(gather.index) }));
    return { ...expr, view: cutView(expr.view, box), gathers, guard: guard && isTrue(guard) ? null : guard };
  };
  /** A comparison that has one value in the box. */
  const known = (expr: Apply): Expr | null => {
    const border = borderOf(expr);
    if (!border) return null;
    const first = start[border.axis];
    const isBeyond = first >= border.at;
    if (!isBeyond && first + shape[border.axis] > border.at) return null;
    return constant(isBeyond === (expr.op === "ge") ? 1 : 0, "bool");
  };
  return of;
}

function simplified(expr: Apply): Expr {
  const [a, b, c] = expr.inputs;
  if (expr.op === "and") return isTrue(a) || isFalse(b) ? b : isTrue(b) || isFalse(a) ? a : expr;
  if (expr.op === "select") return isTrue(a) ? b : isFalse(a) ? c : expr;
  return expr;
}

function isTrue(expr: Expr): boolean {
  return expr.kind === "constant" && expr.value !== 0;
}

function isFalse(expr: Expr): boolean {
  return expr.kind === "constant" && expr.value === 0;
}
