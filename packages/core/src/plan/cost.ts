/** What a step of a plan computes and moves, from its shapes alone: the same in every layout and on every backend. */
import { dtypes } from "../dtype.ts";
import { expressionsOf, placesOf } from "./access.ts";
import { type Expr, type Load, topological } from "./expr.ts";
import type { Buffer, MapKernel, Place, ReduceKernel, Step } from "./plan.ts";
import { sizeOf, type View } from "./view.ts";
import { visiblePairs } from "./visible-pairs.ts";

export interface Cost {
  /**
   * Arithmetic operations. A product is 2·m·n·k, also where its symmetry saves half of it: the rate then shows the gain. Of
   * attention its products count, for the pairs that are seen. A scalar operation counts 1 however slow it is (`exp`),
   * `mulAdd` 2; sorting counts nothing.
   */
  readonly flops: number;
  /** Bytes that must move at least: each element that the step reads, and each that it writes, once. */
  readonly bytes: number;
}

/** The cost of a step. */
export function costOf(step: Step, buffers: readonly Buffer[]): Cost {
  return { flops: flopsOf(step), bytes: bytesOf(step, buffers) };
}

function flopsOf(step: Step): number {
  switch (step.kind) {
    case "map":
      return sizeOf(step.shape) * operations(step.stores.map(({ expr }) => expr));
    case "reduce": {
      const { block, length, shape, stores } = step;
      const results = sizeOf(shape) * (block > 0 ? Math.ceil(length / block) : 1);
      return (
        sizeOf(shape) * length * (operations([step.input]) + 1) + results * operations(stores.map(({ expr }) => expr))
      );
    }
    case "matmul":
      return 2 * sizeOf(step.batch) * step.m * step.n * step.k;
    case "groupedRows":
      return 2 * step.rows * step.n * step.k;
    case "groupedContraction":
      return 2 * step.rows * step.m * step.n;
    case "attention":
      return 2 * visiblePairs(step) * (step.width + step.valueWidth);
    case "attentionBackward":
      return 2 * visiblePairs(step) * (3 * step.width + 2 * step.valueWidth);
    case "scan":
      return step.rows * step.length * (step.terms && step.factors ? 2 : 1);
    case "segmentSum":
      return step.rows * step.width;
    case "sort":
    case "groupBy":
    case "insert":
    case "host":
      return 0;
  }
}

/** Scalar operations for an element. */
function operations(roots: readonly Expr[]): number {
  let count = 0;
  for (const expr of topological(roots)) if (expr.kind === "apply") count += expr.op === "mulAdd" ? 2 : 1;
  return count;
}

function bytesOf(step: Step, buffers: readonly Buffer[]): number {
  const read = new Regions(buffers);
  const written = new Regions(buffers);
  if (step.kind === "host") {
    for (const { buffer, shape } of step.inputs) read.add(buffer, sizeOf(shape), "whole");
    for (const { buffer, shape } of step.outputs) written.add(buffer, sizeOf(shape), "whole");
  } else if ("stores" in step) {
    for (const [number, load] of loadsOf(step).entries()) {
      const name = load.gathers.length > 0 ? `gathered by load ${number}` : regionOf(load.view);
      read.add(load.buffer, extentOf(load.view.shape, axesOf(load)), name);
    }
    for (const { place } of step.stores) written.place(place);
  } else {
    const { reads, writes } = placesOf(step);
    for (const place of reads) read.place(place);
    for (const place of writes) written.place(place);
  }
  return read.bytes() + written.bytes();
}

function loadsOf(kernel: MapKernel | ReduceKernel): Load[] {
  return topological(expressionsOf(kernel)).filter((expr) => expr.kind === "load");
}

/** The parts of buffers that a step touches, equal ones once; of one buffer never more than there is. */
class Regions {
  readonly #buffers: readonly Buffer[];
  /** Elements by buffer and region. */
  readonly #elements = new Map<number, Map<string, number>>();

  constructor(buffers: readonly Buffer[]) {
    this.#buffers = buffers;
  }

  add(buffer: number, elements: number, name: string): void {
    const regions = this.#elements.get(buffer) ?? new Map<string, number>();
    this.#elements.set(buffer, regions.set(name, elements));
  }

  place({ buffer, view }: Place): void {
    this.add(buffer, extentOf(view.shape, movingAxes(view)), regionOf(view));
  }

  bytes(): number {
    let bytes = 0;
    for (const [buffer, regions] of this.#elements) {
      const { size, dtype } = this.#buffers[buffer];
      const touched = [...regions.values()].reduce((sum, elements) => sum + elements, 0);
      bytes += Math.min(size, touched) * dtypes[dtype].bytes;
    }
    return bytes;
  }
}

/** Product of the extents of some axes. */
function extentOf(shape: readonly number[], axes: ReadonlySet<number>): number {
  return sizeOf(shape.map((extent, axis) => (extent === 0 || axes.has(axis) ? extent : 1)));
}

/** The axes along which a view moves on. */
function movingAxes({ strides }: View): Set<number> {
  return new Set([...strides.keys()].filter((axis) => strides[axis] !== 0));
}

/** The axes along which the element that is loaded changes. */
function axesOf({ view, gathers }: Load): Set<number> {
  const axes = movingAxes(view);
  for (const expr of topological(gathers.map(({ index }) => index))) {
    if (expr.kind === "load" || expr.kind === "index") for (const axis of movingAxes(expr.view)) axes.add(axis);
  }
  return axes;
}

/** Names the elements that a view reaches, in whatever order it does: a matrix and its transpose have one name. */
function regionOf({ shape, strides, offset }: View): string {
  let first = offset;
  const axes: string[] = [];
  for (const [axis, extent] of shape.entries()) {
    if (strides[axis] < 0) first += strides[axis] * (extent - 1);
    if (extent !== 1 && strides[axis] !== 0) axes.push(`${Math.abs(strides[axis])}×${extent}`);
  }
  return `${first}: ${axes.sort().join(" ")}`;
}
