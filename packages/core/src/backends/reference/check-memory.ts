import { dtypes } from "../../dtype.ts";
import { PlanError } from "../../errors.ts";
import { type Expr, type Load, topological } from "../../plan/expr.ts";
import type { Buffer, Place, Plan } from "../../plan/plan.ts";

/** Alignment of buffers in the arena, in bytes. */
const alignment = 64;

/**
 * Follows what memory holds from step to step: a buffer of the arena may be read only after it was written, and no
 * longer than until another buffer that shares its memory is.
 */
export class MemoryFlow {
  readonly #plan: Plan;
  readonly #holds = new Set<number>();

  constructor(plan: Plan) {
    this.#plan = plan;
    for (const [number, buffer] of plan.buffers.entries()) {
      const fault = bufferFault(buffer, plan);
      if (fault) throw new PlanError(`buffer ${number}: ${fault}`);
    }
  }

  read(buffer: number, label: string): void {
    const { source, size } = this.#plan.buffers[buffer];
    if (source.kind === "arena" && size > 0 && !this.#holds.has(buffer)) {
      throw new PlanError(`${label}: reads buffer ${buffer}, which nothing has written or something has overwritten`);
    }
  }

  write(buffer: number, label: string): void {
    const { source } = this.#plan.buffers[buffer];
    if (source.kind === "slot" && this.#plan.slots[source.slot].kind === "value") {
      throw new PlanError(`${label}: writes buffer ${buffer}, a value`);
    }
    for (const other of this.#holds) if (this.share(other, buffer)) this.#holds.delete(other);
    this.#holds.add(buffer);
  }

  /** Whether two buffers have bytes in common. */
  share(a: number, b: number): boolean {
    return shareMemory(this.#plan.buffers[a], this.#plan.buffers[b]);
  }

  /** @throws PlanError where a load shares memory with a store, but for the very element that is stored */
  inPlace(loads: readonly Load[], stores: readonly Place[], label: string): void {
    for (const store of stores) {
      for (const load of loads) {
        if (this.share(load.buffer, store.buffer) && !this.#sameElements(load, store)) {
          throw new PlanError(
            `${label}: stores to buffer ${store.buffer} while it loads other elements of buffer ${load.buffer}`,
          );
        }
      }
    }
  }

  /** @throws PlanError where what is read shares memory with what is written, or two that are written do */
  apart(reads: readonly number[], writes: readonly number[], label: string): void {
    for (const [i, written] of writes.entries()) {
      for (const other of [...reads, ...writes.slice(0, i)]) {
        if (this.share(other, written)) throw new PlanError(`${label}: buffers ${other} and ${written} share memory`);
      }
    }
  }

  #sameElements(load: Load, store: Place): boolean {
    const [from, to] = [this.#plan.buffers[load.buffer], this.#plan.buffers[store.buffer]];
    if (load.gathers.length > 0 || dtypes[from.dtype].bytes !== dtypes[to.dtype].bytes) return false;
    if (from.source.kind === "arena" && to.source.kind === "arena" && from.source.offset !== to.source.offset) {
      return false;
    }
    const [a, b] = [load.view, store.view];
    return (
      a.offset === b.offset && a.shape.every((extent, axis) => extent === 1 || a.strides[axis] === b.strides[axis])
    );
  }
}

export function loadsOf(roots: readonly Expr[]): Load[] {
  return topological(roots).filter((expr) => expr.kind === "load");
}

function bufferFault({ dtype, size, source }: Buffer, plan: Plan): string | null {
  if (source.kind === "slot") {
    const slot = plan.slots[source.slot];
    const slotSize = slot.shape.reduce((n, extent) => n * extent, 1);
    return slot.dtype === dtype && slotSize === size
      ? null
      : `${size} elements of ${dtype} in slot ${source.slot}, ${slot.dtype} [${slot.shape}]`;
  }
  if (source.offset % alignment !== 0) return `byte ${source.offset} of the arena is not a multiple of ${alignment}`;
  const end = source.offset + size * dtypes[dtype].bytes;
  return end <= plan.arenaBytes ? null : `ends at byte ${end} of an arena of ${plan.arenaBytes}`;
}

function shareMemory(a: Buffer, b: Buffer): boolean {
  if (a.size === 0 || b.size === 0) return false;
  if (a.source.kind === "slot") return b.source.kind === "slot" && a.source.slot === b.source.slot;
  if (b.source.kind === "slot") return false;
  const [startA, startB] = [a.source.offset, b.source.offset];
  return startA < startB + b.size * dtypes[b.dtype].bytes && startB < startA + a.size * dtypes[a.dtype].bytes;
}
