/** Which bytes a kernel may touch, so that threads wait for each other only where they must. */
import { dtypes } from "../../dtype.ts";
import { expressionsOf, placesOf } from "../../plan/access.ts";
import type { Expr } from "../../plan/expr.ts";
import { topological } from "../../plan/expr.ts";
import type { Buffer, Kernel, Place } from "../../plan/plan.ts";
import type { View } from "../../plan/view.ts";
import type { Launch } from "./kernels/kernel.ts";

/** Bytes `start` … `end` − 1 of a space: the arena, the memory bound to a slot, or the scratch. */
export interface Range {
  readonly space: string;
  readonly start: number;
  readonly end: number;
}

export interface Footprint {
  readonly reads: readonly Range[];
  readonly writes: readonly Range[];
}

/** What has been touched since the last barrier. */
export class Hazards {
  #reads: Range[] = [];
  #writes: Range[] = [];

  /** Whether a barrier must come before this; from then on only it counts as touched. */
  add({ reads, writes }: Footprint): boolean {
    const conflict =
      writes.some((w) => this.#reads.some((r) => overlap(w, r)) || this.#writes.some((other) => overlap(w, other))) ||
      reads.some((r) => this.#writes.some((w) => overlap(r, w)));
    if (conflict) this.clear();
    this.#reads.push(...reads);
    this.#writes.push(...writes);
    return conflict;
  }

  clear(): void {
    this.#reads = [];
    this.#writes = [];
  }
}

function overlap(a: Range, b: Range): boolean {
  return a.space === b.space && Math.max(a.start, b.start) < Math.min(a.end, b.end);
}

/** The bytes that a kernel reads and writes; its launch says what scratch it uses. */
export function footprintOf(kernel: Kernel, buffers: readonly Buffer[], launch: Launch): Footprint {
  const { reads, writes } = rangesOf(kernel, buffers);
  const scratch = launch.sharedScratch + launch.threadScratch;
  return { reads, writes: scratch > 0 ? [...writes, { space: "scratch", start: 0, end: scratch }] : writes };
}

function rangesOf(kernel: Kernel, buffers: readonly Buffer[]): Footprint {
  const of = (places: readonly Place[]): Range[] => places.map((p) => rangeOf(buffers, p.buffer, p.view));
  if ("stores" in kernel) {
    const written = kernel.stores.map((store) => store.place);
    return { reads: loadsOf(expressionsOf(kernel), buffers), writes: of(written) };
  }
  const { reads, writes } = placesOf(kernel);
  return { reads: of(reads), writes: of(writes) };
}

function loadsOf(roots: readonly Expr[], buffers: readonly Buffer[]): Range[] {
  const reads: Range[] = [];
  for (const expr of topological(roots)) {
    if (expr.kind !== "load") continue;
    // Computed indices may lead anywhere in the buffer.
    reads.push(rangeOf(buffers, expr.buffer, expr.gathers.length > 0 ? null : expr.view));
  }
  return reads;
}

/** The bytes from a view's first element to its last, as far as they lie in the buffer. */
function rangeOf(buffers: readonly Buffer[], number: number, view: View | null): Range {
  const { dtype, size, source } = buffers[number];
  const { bytes } = dtypes[dtype];
  let first = view ? view.offset : 0;
  let last = view ? view.offset : size - 1;
  view?.shape.forEach((extent, axis) => {
    const span = (extent - 1) * view.strides[axis];
    if (span < 0) first += span;
    else last += span;
  });
  const base = source.kind === "arena" ? source.offset : 0;
  const start = base + Math.max(0, first) * bytes;
  const end = base + Math.min(size, last + 1) * bytes;
  return { space: source.kind === "arena" ? "arena" : `slot ${source.slot}`, start, end };
}
