import { dtypes } from "../dtype.ts";
import { reads, StepIndex, writes } from "./access.ts";
import type { Limits } from "./backend.ts";
import { topological } from "./expr.ts";
import type { BufferDraft } from "./lowering.ts";
import type { Buffer, MapKernel, Step } from "./plan.ts";
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
 * copied at the end; everything else shares one arena, two buffers one region where their lifetimes do not meet.
 */
export function* layOut(
  given: readonly Step[],
  drafts: readonly BufferDraft[],
  slots: number,
  limits: Limits,
): Generator<void, Layout> {
  const steps = [...given];
  const aliases = new Map<number, number>();
  const index = new StepIndex(given);
  for (const [buffer, draft] of drafts.entries()) {
    if (draft.target === null) continue;
    const slot = draft.target;
    if (!draft.output && mayWriteInPlace(index, buffer, slot, limits)) {
      aliases.set(buffer, slot);
    } else {
      steps.push(copyKernel(buffer, slot, draft));
    }
  }

  const lifetimes = lifetimesOf(steps, drafts);
  const offsets = new Map<number, number>();
  const placed: { offset: number; end: number; first: number; last: number }[] = [];
  const order = [...lifetimes.keys()]
    .filter((buffer) => buffer >= slots && !aliases.has(buffer))
    .sort((a, b) => bytesOf(drafts[b]) - bytesOf(drafts[a]) || a - b);
  let arenaBytes = 0;
  for (const buffer of order) {
    yield;
    const { first, last } = lifetimes.get(buffer) as Lifetime;
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
        : ({ kind: "arena", offset: offsets.get(buffer) ?? 0 } as const);
    // What fusion has made superfluous occupies nothing.
    const size = slot !== undefined || lifetimes.has(buffer) ? draft.size : 0;
    return { dtype: draft.dtype, size, source, memory: 0 };
  });
  return { steps, buffers, arenaBytes };
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

/** Whether a map reads of the old version exactly the element that it stores. */
function readsOwnElement(step: Step, buffer: number, slot: number): boolean {
  if (step.kind !== "map") return false;
  const store = step.stores.find((s) => s.place.buffer === buffer);
  if (!store) return false;
  return topological(step.stores.map((s) => s.expr)).every((expr) => {
    if (expr.kind !== "load" || expr.buffer !== slot) return true;
    const { view } = store.place;
    const same =
      expr.view.offset === view.offset &&
      expr.view.strides.every((s, a) => s === view.strides[a] || view.shape[a] === 1);
    return same && isContiguous(view) && expr.gathers.length === 0 && expr.guard === null;
  });
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
