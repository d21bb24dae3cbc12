import type { Limits } from "./backend.ts";
import { topological, type Expr } from "./expr.ts";
import { loadedBuffers, type BufferDraft } from "./lowering.ts";
import type { MapKernel, ReduceKernel, Step, Store } from "./plan.ts";
import { mapViews, rewrite } from "./value.ts";
import { isContiguous, reshapeView, sizeOf } from "./view.ts";

/** Most scalar operations in one kernel. */
const maxOperations = 256;

/** The buffers that a step reads. */
export function reads(step: Step): Set<number> {
  switch (step.kind) {
    case "map":
      return loadedBuffers(...step.stores.map((s) => s.expr));
    case "reduce":
      return loadedBuffers(step.input, ...step.stores.map((s) => s.expr));
    case "matmul":
      return new Set([step.a.buffer, step.b.buffer]);
    case "groupedRows":
    case "groupedContraction":
      return new Set([step.a.buffer, step.b.buffer, step.offsets.buffer]);
    case "topK":
      return new Set([step.input.buffer]);
    case "groupBy":
      return new Set([step.ids.buffer]);
    case "segmentSum":
      return new Set([step.input.buffer, step.permutation.buffer, step.offsets.buffer]);
    case "host":
      return new Set(step.inputs.map((i) => i.buffer));
  }
}

/** The buffers that a step writes. */
export function writes(step: Step): number[] {
  switch (step.kind) {
    case "map":
    case "reduce":
      return step.stores.map((s) => s.place.buffer);
    case "matmul":
    case "groupedRows":
    case "groupedContraction":
      return [step.c.buffer];
    case "topK":
      return [step.values.buffer, step.indices.buffer];
    case "groupBy":
      return [step.permutation.buffer, step.offsets.buffer];
    case "segmentSum":
      return [step.out.buffer];
    case "host":
      return step.outputs.map((o) => o.buffer);
  }
}

/**
 * Joins maps that walk the same elements into kernels with several stores, gives reductions the maps that follow them,
 * and drops stores that nobody reads. No rounding changes: the same operations run on the same values.
 */
export function fuse(steps: readonly Step[], buffers: readonly BufferDraft[], limits: Limits): Step[] {
  const fuser = new Fuser(steps, buffers, limits);
  fuser.joinMaps();
  fuser.joinReductions();
  return fuser.result();
}

class Fuser {
  readonly #steps: (Step | null)[];
  readonly #buffers: readonly BufferDraft[];
  readonly #limits: Limits;
  /** Steps that write a buffer; a buffer written in slices has several. */
  readonly #writers = new Map<number, number[]>();

  constructor(steps: readonly Step[], buffers: readonly BufferDraft[], limits: Limits) {
    this.#steps = [...steps];
    this.#buffers = buffers;
    this.#limits = limits;
    for (const [at, step] of steps.entries()) {
      for (const buffer of writes(step)) this.#writers.set(buffer, [...(this.#writers.get(buffer) ?? []), at]);
    }
  }

  result(): Step[] {
    return this.#steps.filter((step) => step !== null);
  }

  joinMaps(): void {
    for (let at = 0; at < this.#steps.length; at++) {
      let joined = true;
      while (joined) {
        joined = false;
        const user = this.#steps[at];
        if (user?.kind !== "map") break;
        for (const buffer of reads(user)) {
          const from = this.#soleWriter(buffer);
          const maker = from === undefined || from === at ? undefined : this.#steps[from];
          if (from === undefined || maker?.kind !== "map") continue;
          const place = this.#position(from, at);
          const kernel = place === null ? null : this.#join(maker, user);
          if (place === null || !kernel) continue;
          this.#replace(from, at, place, kernel);
          joined = place === at;
          break;
        }
      }
    }
  }

  /** A map that alone reads what a reduction stores becomes part of it. */
  joinReductions(): void {
    for (let at = 0; at < this.#steps.length; at++) {
      const user = this.#steps[at];
      if (user?.kind !== "map") continue;
      for (const buffer of reads(user)) {
        const from = this.#soleWriter(buffer);
        const maker = from === undefined ? undefined : this.#steps[from];
        if (from === undefined || maker?.kind !== "reduce" || maker.block > 0 || maker.stores.length > 1) continue;
        if (maker.stores[0].expr.kind !== "accumulated" || this.#needed(buffer, [at])) continue;
        const kernel = this.#absorb(maker, user, buffer);
        if (!kernel) continue;
        this.#replace(from, at, at, kernel);
        break;
      }
    }
  }

  #soleWriter(buffer: number): number | undefined {
    const writers = this.#writers.get(buffer);
    return writers?.length === 1 ? writers[0] : undefined;
  }

  /** Whether a buffer is a result, or read by a step other than `except`. */
  #needed(buffer: number, except: readonly number[]): boolean {
    const { target, output } = this.#buffers[buffer];
    if (target !== null || output) return true;
    return this.#steps.some((step, at) => step !== null && !except.includes(at) && reads(step).has(buffer));
  }

  /** Where the joined kernel may stand: at the user, if nobody between needs the maker before it, else at the maker. */
  #position(from: number, at: number): number | null {
    const maker = this.#steps[from] as Step;
    const user = this.#steps[at] as Step;
    const between = this.#steps.slice(from + 1, at).filter((step) => step !== null);
    const meets = (step: Step, buffers: ReadonlySet<number>): boolean => writes(step).some((buffer) => buffers.has(buffer));
    const made = new Set(writes(maker));
    if (!between.some((step) => meets(step, made) || [...reads(step)].some((buffer) => made.has(buffer)))) return at;
    const touched = new Set([...reads(user), ...writes(user)]);
    return between.some((step) => meets(step, touched)) ? null : from;
  }

  #replace(from: number, at: number, place: number, kernel: MapKernel | ReduceKernel): void {
    this.#steps[from] = null;
    this.#steps[at] = null;
    const stores = kernel.stores.filter((store) => this.#needed(store.place.buffer, []));
    this.#steps[place] = { ...kernel, stores };
    for (const store of kernel.stores) {
      const writers = this.#writers.get(store.place.buffer) ?? [];
      this.#writers.set(store.place.buffer, [...writers.filter((w) => w !== from && w !== at), place]);
    }
  }

  /** One kernel of both maps, the user's loads replaced by the maker's expressions; `null` where it is not possible. */
  #join(maker: MapKernel, user: MapKernel): MapKernel | null {
    const size = sizeOf(user.shape);
    if (sizeOf(maker.shape) !== size) return null;
    const made = new Map<number, Store>();
    for (const store of maker.stores) {
      if (store.place.view.offset !== 0 || !isContiguous(store.place.view)) return null;
      if (this.#buffers[store.place.buffer].size !== size) return null;
      made.set(store.place.buffer, store);
    }
    return this.#joinAs(maker, user, made, user.shape) ?? this.#joinAs(maker, user, made, maker.shape);
  }

  #joinAs(
    maker: MapKernel,
    user: MapKernel,
    made: ReadonlyMap<number, Store>,
    shape: readonly number[],
  ): MapKernel | null {
    const makerStores = reshapeStores(maker.stores, shape);
    const userStores = reshapeStores(user.stores, shape);
    if (!makerStores || !userStores) return null;
    const expressions = new Map(maker.stores.map((store, i) => [store.place.buffer, makerStores[i].expr]));
    const replaced = rewrite(
      userStores.map((s) => s.expr),
      (leaf) => {
        if (leaf.kind !== "load" || !made.has(leaf.buffer)) return leaf;
        const whole = leaf.gathers.length === 0 && !leaf.guard && leaf.view.offset === 0 && isContiguous(leaf.view);
        return whole ? (expressions.get(leaf.buffer) ?? null) : null;
      },
    );
    if (!replaced || [...loadedBuffers(...replaced)].some((buffer) => made.has(buffer))) return null;
    const stores = [...makerStores, ...userStores.map((store, i) => ({ ...store, expr: replaced[i] }))];
    return this.#fits(stores) ? { kind: "map", label: joinLabels(maker, user), shape, stores } : null;
  }

  #absorb(maker: ReduceKernel, user: MapKernel, buffer: number): ReduceKernel | null {
    if (sizeOf(user.shape) !== sizeOf(maker.shape) || this.#buffers[buffer].size !== sizeOf(maker.shape)) return null;
    const stores = reshapeStores(user.stores, maker.shape);
    if (!stores) return null;
    const { dtype } = maker.stores[0].expr;
    const replaced = rewrite(
      stores.map((s) => s.expr),
      (leaf) => {
        if (leaf.kind !== "load" || leaf.buffer !== buffer) return leaf;
        const whole = leaf.gathers.length === 0 && !leaf.guard && leaf.view.offset === 0 && isContiguous(leaf.view);
        return whole ? { kind: "accumulated", dtype } : null;
      },
    );
    if (!replaced || loadedBuffers(...replaced).has(buffer)) return null;
    const joined = stores.map((store, i) => ({ ...store, expr: replaced[i] }));
    if (!this.#fits(joined, maker.input)) return null;
    return { ...maker, label: joinLabels(maker, user), stores: joined };
  }

  #fits(stores: readonly Store[], ...others: Expr[]): boolean {
    const exprs = [...stores.map((s) => s.expr), ...others];
    return (
      stores.filter((s) => this.#needed(s.place.buffer, [])).length <= this.#limits.maxOutputs &&
      loadedBuffers(...exprs).size <= this.#limits.maxInputs &&
      topological(exprs).filter((e) => e.kind === "apply").length <= maxOperations
    );
  }
}

/** The stores over another index space of the same size; `null` where strides cannot express it. */
function reshapeStores(stores: readonly Store[], shape: readonly number[]): Store[] | null {
  const exprs = mapViews(
    stores.map((s) => s.expr),
    (view) => reshapeView(view, shape),
  );
  if (!exprs) return null;
  const result: Store[] = [];
  for (const [i, store] of stores.entries()) {
    const view = reshapeView(store.place.view, shape);
    if (!view) return null;
    result.push({ place: { buffer: store.place.buffer, view }, expr: exprs[i] });
  }
  return result;
}

function joinLabels(a: { readonly label: string }, b: { readonly label: string }): string {
  return a.label === b.label || a.label.split(" + ").includes(b.label) ? a.label : `${a.label} + ${b.label}`;
}
