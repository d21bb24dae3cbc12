import { children, type Expr } from "./expr.ts";
import type { Kernel, MapKernel, Place, ReduceKernel, Step } from "./plan.ts";

const loadsOf = new WeakMap<Expr, ReadonlySet<number>>();
const depths = new WeakMap<Expr, number>();
const readsOf = new WeakMap<Step, ReadonlySet<number>>();

/** The buffers that expressions load from. */
export function loadedBuffers(...roots: Expr[]): ReadonlySet<number> {
  if (roots.length === 1) return loadsOf.get(roots[0]) ?? collect(roots[0]);
  return new Set(roots.flatMap((root) => [...loadedBuffers(root)]));
}

function collect(expr: Expr): ReadonlySet<number> {
  const inner = children(expr).map((child) => loadedBuffers(child));
  // One input's set serves where nothing is added: long chains share it.
  const largest = inner.reduce<ReadonlySet<number>>((a, b) => (b.size > a.size ? b : a), new Set());
  const added = inner.flatMap((set) => [...set]).concat(expr.kind === "load" ? [expr.buffer] : []);
  const buffers = added.every((buffer) => largest.has(buffer)) ? largest : new Set([...largest, ...added]);
  loadsOf.set(expr, buffers);
  return buffers;
}

/** Length of the longest way down an expression. */
export function depthOf(expr: Expr): number {
  const known = depths.get(expr);
  if (known !== undefined) return known;
  const depth = 1 + Math.max(0, ...children(expr).map(depthOf));
  depths.set(expr, depth);
  return depth;
}

/** The buffers that a step reads. */
export function reads(step: Step): ReadonlySet<number> {
  const known = readsOf.get(step);
  if (known) return known;
  const buffers = new Set(readBuffers(step));
  readsOf.set(step, buffers);
  return buffers;
}

function readBuffers(step: Step): Iterable<number> {
  if (step.kind === "host") return step.inputs.map((input) => input.buffer);
  if ("stores" in step) return loadedBuffers(...expressionsOf(step));
  return placesOf(step).reads.map((place) => place.buffer);
}

/** The buffers that a step writes. */
export function writes(step: Step): number[] {
  if (step.kind === "host") return step.outputs.map((output) => output.buffer);
  if ("stores" in step) return step.stores.map((store) => store.place.buffer);
  return placesOf(step).writes.map((place) => place.buffer);
}

/** What a map or reduction computes. */
export function expressionsOf(kernel: MapKernel | ReduceKernel): Expr[] {
  const stored = kernel.stores.map((store) => store.expr);
  return kernel.kind === "reduce" ? [kernel.input, ...stored] : stored;
}

type PlainKernel = Exclude<Kernel, MapKernel | ReduceKernel>;
type PlaceField<K> = { [F in keyof K]: NonNullable<K[F]> extends Place ? F : never }[keyof K];
type Fields<K> = { readonly reads: readonly PlaceField<K>[]; readonly writes: readonly PlaceField<K>[] };

/** Which fields of a kernel without expressions are places that it reads, and writes. */
const placeFields: { readonly [Kind in PlainKernel["kind"]]: Fields<Extract<PlainKernel, { kind: Kind }>> } = {
  matmul: { reads: ["a", "b"], writes: ["c"] },
  groupedRows: { reads: ["a", "b", "offsets"], writes: ["c"] },
  groupedContraction: { reads: ["a", "b", "offsets"], writes: ["c"] },
  attention: { reads: ["q", "k", "v"], writes: ["out", "logSumExp"] },
  attentionBackward: { reads: ["q", "k", "v", "logSumExp", "delta", "dOut"], writes: ["dq", "dk", "dv"] },
  scan: { reads: ["terms", "factors"], writes: ["out"] },
  sort: { reads: ["input"], writes: ["indices"] },
  groupBy: { reads: ["ids"], writes: ["permutation", "offsets"] },
  insert: { reads: ["input", "start"], writes: ["out"] },
  segmentSum: { reads: ["input", "permutation", "offsets"], writes: ["out"] },
};

/** The places that a kernel without expressions reads and writes. */
export function placesOf(kernel: PlainKernel): { reads: Place[]; writes: Place[] } {
  const { reads, writes } = placeFields[kernel.kind];
  const at = (field: string): Place | null => (kernel as unknown as Record<string, Place | null>)[field];
  const present = (fields: readonly string[]): Place[] => fields.map(at).filter((place) => place !== null);
  return { reads: present(reads), writes: present(writes) };
}

/** Steps in order, some of them removed, with the places at which every buffer is read and written. */
export class StepIndex {
  readonly #steps: (Step | null)[];
  readonly #readers = new Map<number, number[]>();
  readonly #writers = new Map<number, number[]>();

  constructor(steps: readonly Step[]) {
    this.#steps = steps.map(() => null);
    for (const [at, step] of steps.entries()) this.put(at, step);
  }

  get length(): number {
    return this.#steps.length;
  }

  at(place: number): Step | null {
    return this.#steps[place];
  }

  all(): Step[] {
    return this.#steps.filter((step) => step !== null);
  }

  readers(buffer: number): readonly number[] {
    return this.#readers.get(buffer) ?? [];
  }

  /** Rising. */
  writers(buffer: number): readonly number[] {
    return this.#writers.get(buffer) ?? [];
  }

  soleWriter(buffer: number): number | undefined {
    const writers = this.writers(buffer);
    return writers.length === 1 ? writers[0] : undefined;
  }

  put(place: number, step: Step): void {
    this.#steps[place] = step;
    for (const buffer of reads(step)) this.#readers.set(buffer, inserted(this.readers(buffer), place));
    for (const buffer of new Set(writes(step))) this.#writers.set(buffer, inserted(this.writers(buffer), place));
  }

  replace(place: number, step: Step): void {
    this.remove(place);
    this.put(place, step);
  }

  remove(place: number): void {
    const step = this.#steps[place];
    if (!step) return;
    this.#steps[place] = null;
    for (const buffer of reads(step))
      this.#readers.set(
        buffer,
        this.readers(buffer).filter((p) => p !== place),
      );
    for (const buffer of writes(step))
      this.#writers.set(
        buffer,
        this.writers(buffer).filter((p) => p !== place),
      );
  }
}

function inserted(places: readonly number[], place: number): number[] {
  return [...places, place].sort((a, b) => a - b);
}
