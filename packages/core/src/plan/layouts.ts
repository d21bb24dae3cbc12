import { expressionsOf, StepIndex } from "./access.ts";
import { type Load, topological } from "./expr.ts";
import type { BufferDraft } from "./lowering.ts";
import type { MapKernel, MatmulKernel, Place, Step } from "./plan.ts";
import { asLoad, isPlain, isWhole, rewrite } from "./value.ts";
import { isContiguous, reshapeView, rowMajor, sizeOf, type View } from "./view.ts";

/**
 * Lays the results of products out in the order in which maps walk through them (the gradient of a transposed weight
 * like the weight, heads side by side like the projection that reads them): nothing of their values changes, a map's
 * elements become neighbours, and a map that only copies into another order goes away.
 */
export function* layOutProducts(steps: readonly Step[], buffers: readonly BufferDraft[]): Generator<void, Step[]> {
  const index = new StepIndex(steps);
  for (let at = 0; at < index.length; at++) {
    yield;
    const step = index.at(at);
    if (step?.kind !== "matmul" || !isOwn(step.c, at, index, buffers)) continue;
    const readers = index.readers(step.c.buffer);
    const layout = bestLayout(
      step,
      readers.map((reader) => index.at(reader) as Step),
    );
    if (!layout) continue;
    for (const [i, reader] of readers.entries()) index.replace(reader, layout.readers[i]);
    index.replace(at, { ...step, c: { buffer: step.c.buffer, view: layout.ofProduct } });
  }
  for (let at = 0; at < index.length; at++) dropCopy(at, index, buffers);
  return index.all();
}

/** Whether a place is all of a buffer that only this step writes, in row-major order, and that only steps read. */
function isOwn(place: Place, at: number, index: StepIndex, buffers: readonly BufferDraft[]): boolean {
  const { size, slot, target, output } = buffers[place.buffer];
  const isPrivate = slot === null && target === null && !output && index.soleWriter(place.buffer) === at;
  return isPrivate && isWhole(place, size);
}

/** Takes a copy's source for the copy itself, where both are the same elements in the same order. */
function dropCopy(at: number, index: StepIndex, buffers: readonly BufferDraft[]): void {
  const step = index.at(at);
  if (step?.kind !== "map" || step.stores.length !== 1 || !isCopy(step)) return;
  const { place, expr } = step.stores[0];
  if (!isOwn(place, at, index, buffers)) return;
  const source = expr as Load;
  const writer = index.soleWriter(source.buffer);
  if (writer === undefined || !isOwn(source, writer, index, buffers)) return;
  if (buffers[source.buffer].dtype !== buffers[place.buffer].dtype) return;
  const readers = index.readers(place.buffer);
  const changed = readers.map((reader) =>
    withReads(index.at(reader) as Step, place.buffer, (read) => ({ ...read, buffer: source.buffer })),
  );
  if (changed.includes(null)) return;
  index.remove(at);
  for (const [i, reader] of readers.entries()) index.replace(reader, changed[i] as Step);
}

/** Whether a map stores elements of one buffer as they are. */
function isCopy({ stores }: MapKernel): boolean {
  return stores.every((store) => asLoad(store) !== null);
}

interface Layout {
  /** The place of the product's elements. */
  readonly ofProduct: View;
  /** A reader's view, moved from the row-major order to this one; `null` where strides cannot express it. */
  readonly move: Move;
}

type Move = (view: View) => View | null;

/** The order in which most elements are read side by side, with the readers changed to it; `null`: as it is. */
function bestLayout(product: MatmulKernel, readers: readonly Step[]): (Layout & { readers: Step[] }) | null {
  const { buffer, view } = product.c;
  const walks = readers.flatMap((reader) => (reader.kind === "map" ? walksOf(reader, buffer) : []));
  let best: (Layout & { readers: Step[] }) | null = null;
  let most = gain(walks, (v) => v);
  for (const walk of walks) {
    const layout = layoutFor(view.shape, walk.view);
    if (!layout) continue;
    const gained = gain(walks, layout.move);
    if (gained <= most) continue;
    const moved = readers.map((step) =>
      withReads(step, buffer, (read) => {
        // What is guarded or computed may lead anywhere.
        if ("gathers" in read && !isPlain(read)) return null;
        const view = layout.move(read.view);
        return view && { ...read, view };
      }),
    );
    if (moved.includes(null)) continue;
    most = gained;
    best = { ...layout, readers: moved as Step[] };
  }
  return best;
}

/** A map's way through a buffer. */
interface Walk {
  readonly view: View;
  readonly copies: boolean;
}

function walksOf(map: MapKernel, buffer: number): Walk[] {
  const copies = isCopy(map);
  return topological(expressionsOf(map)).flatMap((e) =>
    e.kind === "load" && e.buffer === buffer ? [{ view: e.view, copies }] : [],
  );
}

/** How many elements maps read side by side, those of copies that are in order counted twice. */
function gain(walks: readonly Walk[], move: Move): number {
  let elements = 0;
  for (const { view, copies } of walks) {
    const moved = move(view);
    if (!moved) continue;
    const inner = moved.shape.findLastIndex((extent) => extent > 1);
    if (inner < 0 || moved.strides[inner] === 1) elements += sizeOf(view.shape);
    if (copies && isContiguous(moved)) elements += sizeOf(view.shape);
  }
  return elements;
}

/** A piece of an axis: elements that lie `from` apart in row-major order, and `to` apart in the new one. */
interface Factor {
  readonly extent: number;
  readonly from: number;
  readonly to: number;
}

/** Row-major order over the axes of `view`, a walk through an array of `shape` in its row-major order. */
function layoutFor(shape: readonly number[], view: View): Layout | null {
  const pieces = split(
    shape,
    view.strides.filter((_, axis) => view.shape[axis] > 1),
  );
  if (!pieces) return null;
  // In the order of the view's axes, those along which it stands still first.
  const axisOf = ({ from }: Piece): number => {
    const walks = (axis: number): boolean => view.strides[axis] <= from && from < view.strides[axis] * view.shape[axis];
    const axes = [...view.shape.keys()].filter((axis) => view.shape[axis] > 1 && walks(axis));
    return axes.reduce((a, b) => (a >= 0 && view.strides[a] > view.strides[b] ? a : b), -1);
  };
  const order = [...pieces].sort((a, b) => axisOf(a) - axisOf(b) || b.from - a.from);
  const strides = rowMajor(order.map((piece) => piece.extent));
  const factors = pieces.map((piece): Factor => ({ ...piece, to: strides[order.indexOf(piece)] }));
  const whole = { shape: factors.map((f) => f.extent), strides: factors.map((f) => f.to), offset: 0 };
  const ofProduct = reshapeView(whole, shape);
  // A product is written along its rows or its columns.
  if (!ofProduct?.strides.slice(-2).includes(1)) return null;
  return { ofProduct, move: (v) => moveView(v, factors) };
}

type Piece = Omit<Factor, "to">;

/** The axes of an array, longest stride first, cut where walks with these strides need it. */
function split(shape: readonly number[], walks: readonly number[]): Piece[] | null {
  if (walks.some((stride) => stride <= 0)) return null;
  const pieces: Piece[] = [];
  const strides = rowMajor(shape);
  for (const [axis, extent] of shape.entries()) {
    const from = strides[axis];
    const cuts = walks.filter((stride) => stride > from && stride < from * extent);
    let end = from * extent;
    for (const cut of [...new Set([...cuts, from])].sort((a, b) => b - a)) {
      if (end % cut !== 0) return null;
      if (end > cut) pieces.push({ extent: end / cut, from: cut });
      end = cut;
    }
  }
  return pieces;
}

/** A view over the old order as one over the new order. */
function moveView(view: View, factors: readonly Factor[]): View | null {
  let rest = view.offset;
  let offset = 0;
  /** How far each factor is walked. */
  const reach = factors.map(({ from, to, extent }) => {
    const digit = Math.floor(rest / from);
    rest -= digit * from;
    offset += digit * to;
    return digit < 0 ? extent : digit;
  });
  const strides: number[] = [];
  for (const [axis, extent] of view.shape.entries()) {
    const stride = view.strides[axis];
    if (extent === 1 || stride === 0) {
      strides.push(0);
      continue;
    }
    let at = factors.findIndex(({ from, extent: e }) => from <= stride && stride < from * e);
    if (at < 0 || stride % factors[at].from !== 0) return null;
    const { from, to } = factors[at];
    const step = stride / from;
    strides.push(step * to);
    let left = (extent - 1) * step;
    // An axis that was joined from several stays so where their order does.
    for (let length = extent; length > factors[at].extent && step === 1; at--) {
      const inner = factors[at];
      if (at === 0 || length % inner.extent !== 0 || factors[at - 1].to !== inner.to * inner.extent) return null;
      length /= inner.extent;
      reach[at] += inner.extent - 1;
      left = length - 1;
    }
    reach[at] += left;
  }
  if (reach.some((digits, f) => digits >= factors[f].extent)) return null;
  return { shape: view.shape, strides, offset };
}

/** A load, or the operand of a kernel. */
type Change = <P extends Place | Load>(place: P) => P | null;

/** The step with what it reads of a buffer changed; `null` where that is not possible. */
function withReads(step: Step, buffer: number, change: Change): Step | null {
  if (step.kind === "matmul") {
    const [a, b] = [step.a, step.b].map((place) => (place.buffer === buffer ? change(place) : place));
    return a && b && { ...step, a, b };
  }
  if (!("stores" in step)) return null;
  const changed = rewrite(expressionsOf(step), (leaf) =>
    leaf.kind === "load" && leaf.buffer === buffer ? change(leaf) : leaf,
  );
  if (!changed) return null;
  const exprs = changed.slice(-step.stores.length);
  const stores = step.stores.map((store, i) => ({ ...store, expr: exprs[i] }));
  return step.kind === "reduce" ? { ...step, input: changed[0], stores } : { ...step, stores };
}
