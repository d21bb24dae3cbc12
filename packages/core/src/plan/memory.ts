import { type DType, dtypes } from "../dtype.ts";
import { loadedBuffers, reads, StepIndex, writes } from "./access.ts";
import type { Limits } from "./backend.ts";
import { topological } from "./expr.ts";
import type { BufferDraft } from "./lowering.ts";
import type { Buffer, MapKernel, Step } from "./plan.ts";
import { isPlain, isWhole } from "./value.ts";
import { contiguous, isContiguous, sizeOf } from "./view.ts";

const alignment = 64;

/** Steps and buffers with memory laid out. */
export interface Layout {
  readonly steps: Step[];
  readonly buffers: Buffer[];
  readonly arenaBytes: number;
}

/**
 * Gives every buffer its place. A new version of a variable is written in place where its last reader allows, else it is
 * copied at the end; everything else shares one arena, two buffers one region where their lifetimes do not meet, or where
 * a map writes the one over the other.
 */
export function* layOut(
  given: readonly Step[],
  drafts: readonly BufferDraft[],
  slots: number,
  limits: Limits,
): Generator<void, Layout> {
  const copies: Step[] = [];
  const aliases = new Map<number, number>();
  const index = new StepIndex(given);
  for (const [buffer, draft] of drafts.entries()) {
    if (draft.target === null) continue;
    const slot = draft.target;
    const copied = limits.inPlace ? copyOfOld(index, buffer, slot, draft.dtype) : null;
    if (!draft.output && (copied !== null || mayWriteInPlace(index, buffer, slot, limits))) {
      aliases.set(buffer, slot);
      if (copied !== null) index.replace(copied, withoutStore(index.at(copied) as MapKernel, buffer));
    } else {
      copies.push(copyKernel(buffer, slot, draft));
    }
  }
  const steps = [...index.all(), ...copies].filter((step) => step.kind !== "map" || step.stores.length > 0);

  const lifetimes = lifetimesOf(steps, drafts);
  const isOwn = (buffer: number): boolean => buffer >= slots && !aliases.has(buffer);
  const regions = limits.inPlace ? sharedRegions(steps, drafts, lifetimes, isOwn) : new Map<number, number>();
  /** By the first buffer that lies there. */
  const spans = new Map<number, Lifetime>();
  for (const [buffer, { first, last }] of lifetimes) {
    if (!isOwn(buffer)) continue;
    const region = regions.get(buffer) ?? buffer;
    const span = spans.get(region) ?? { first, last };
    spans.set(region, { first: Math.min(span.first, first), last: Math.max(span.last, last) });
  }
  const offsets = new Map<number, number>();
  const placed: { offset: number; end: number; first: number; last: number }[] = [];
  const order = [...spans.keys()].sort((a, b) => bytesOf(drafts[b]) - bytesOf(drafts[a]) || a - b);
  let arenaBytes = 0;
  for (const buffer of order) {
    yield;
    const { first, last } = spans.get(buffer) as Lifetime;
    const bytes = bytesOf(drafts[buffer]);
    const busy = placed.filter((p) => p.first <= last && first <= p.last).sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const other of busy) {
      if (offset + bytes <= other.offset) break;
      offset = Math.max(offset, other.end);
    }
    placed.push({ offset, end: offset + bytes, first, last });
    offsets.set(buffer, offset);
    arenaBytes = Math.max(arenaBytes, offset + bytes);
  }

  const buffers = drafts.map((draft, buffer): Buffer => {
    const slot = draft.slot ?? aliases.get(buffer);
    const source =
      slot !== undefined
        ? ({ kind: "slot", slot } as const)
        : ({ kind: "arena", offset: offsets.get(regions.get(buffer) ?? buffer) ?? 0 } as const);
    // What fusion has made superfluous occupies nothing.
    const size = slot !== undefined || lifetimes.has(buffer) ? draft.size : 0;
    return { dtype: draft.dtype, size, source, memory: 0 };
  });
  return { steps, buffers, arenaBytes };
}

/**
 * Where a map writes over what it reads for the last time, element by element: for each such buffer the first one that
 * lay there.
 */
function sharedRegions(
  steps: readonly Step[],
  drafts: readonly BufferDraft[],
  lifetimes: ReadonlyMap<number, Lifetime>,
  isOwn: (buffer: number) => boolean,
): Map<number, number> {
  const regions = new Map<number, number>();
  const taken = new Set<number>();
  const index = new StepIndex(steps);
  for (const [at, step] of steps.entries()) {
    if (step.kind !== "map") continue;
    for (const { buffer } of step.stores.map((store) => store.place)) {
      if (!isOwn(buffer) || index.soleWriter(buffer) !== at) continue;
      const source = [...reads(step)].find(
        (read) =>
          isOwn(read) &&
          !taken.has(read) &&
          lifetimes.get(read)?.last === at &&
          drafts[read].size === drafts[buffer].size &&
          drafts[read].dtype === drafts[buffer].dtype &&
          readsOwnElement(step, buffer, read),
      );
      if (source === undefined) continue;
      taken.add(source);
      regions.set(buffer, regions.get(source) ?? source);
    }
  }
  return regions;
}

interface Lifetime {
  first: number;
  last: number;
}

function bytesOf(draft: BufferDraft): number {
  // A few bytes more, so that a vector may be loaded at the last element.
  return Math.ceil((draft.size * dtypes[draft.dtype].bytes + 16) / alignment) * alignment;
}

function lifetimesOf(steps: readonly Step[], drafts: readonly BufferDraft[]): Map<number, Lifetime> {
  const lifetimes = new Map<number, Lifetime>();
  for (const [at, step] of steps.entries()) {
    for (const buffer of [...writes(step), ...reads(step)]) {
      const lifetime = lifetimes.get(buffer);
      if (lifetime) lifetime.last = at;
      else lifetimes.set(buffer, { first: at, last: at });
    }
  }
  for (const [buffer, draft] of drafts.entries()) {
    const lifetime = lifetimes.get(buffer);
    if (lifetime && draft.output) lifetime.last = steps.length;
  }
  return lifetimes;
}

/** Whether the new version may overwrite the old one: every reader of the old has run, or is the writer itself. */
function mayWriteInPlace(steps: StepIndex, buffer: number, slot: number, limits: Limits): boolean {
  const writers = steps.writers(buffer);
  const [first] = writers;
  const own = (at: number): boolean =>
    limits.inPlace && writers.length === 1 && at === first && readsOwnElement(steps.at(at) as Step, buffer, slot);
  return steps.readers(slot).every((at) => at < first || own(at));
}

/** Whether a map, or what a reduction stores, reads of the old version exactly the element that it stores. */
function readsOwnElement(step: Step, buffer: number, slot: number): boolean {
  if (step.kind !== "map" && step.kind !== "reduce") return false;
  if (step.kind === "reduce" && loadedBuffers(step.input).has(slot)) return false;
  const store = step.stores.find((s) => s.place.buffer === buffer);
  if (!store) return false;
  return topological(step.stores.map((s) => s.expr)).every((expr) => {
    if (expr.kind !== "load" || expr.buffer !== slot) return true;
    const { view } = store.place;
    const same =
      expr.view.offset === view.offset &&
      expr.view.strides.every((s, a) => s === view.strides[a] || view.shape[a] === 1);
    return same && isContiguous(view) && isPlain(expr);
  });
}

/**
 * The map that makes the new version as a copy of the old, for others to write into, if it need not: those that read the
 * old have run before it is written into. `null` where there is none.
 */
function copyOfOld(steps: StepIndex, buffer: number, slot: number, dtype: DType): number | null {
  const [copy, next] = steps.writers(buffer);
  const step = next === undefined ? null : steps.at(copy);
  const store = step?.kind === "map" ? step.stores.find(({ place }) => place.buffer === buffer) : undefined;
  if (store?.expr.kind !== "load" || store.expr.buffer !== slot || store.expr.dtype !== dtypes[dtype].compute)
    return null;
  const size = sizeOf(store.expr.view.shape);
  const whole = isPlain(store.expr) && isWhole(store.expr, size) && isContiguous(store.place.view);
  return whole && steps.readers(slot).every((at) => at < next) ? copy : null;
}

function withoutStore(step: MapKernel, buffer: number): MapKernel {
  return { ...step, stores: step.stores.filter(({ place }) => place.buffer !== buffer) };
}

function copyKernel(buffer: number, slot: number, draft: BufferDraft): MapKernel {
  const shape = [draft.size];
  const dtype = dtypes[draft.dtype].compute;
  const expr = { kind: "load", dtype, buffer, view: contiguous(shape), gathers: [], guard: null } as const;
  return {
    kind: "map",
    label: "assign",
    shape,
    stores: [{ place: { buffer: slot, view: contiguous([sizeOf(shape)]) }, expr }],
  };
}
