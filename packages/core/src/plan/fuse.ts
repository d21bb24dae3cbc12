import { loadedBuffers, reads, StepIndex, writes } from "./access.ts";
import type { Limits } from "./backend.ts";
import { cutAtBorders } from "./borders.ts";
import { type Expr, type Load, topological } from "./expr.ts";
import { layOutProducts } from "./layouts.ts";
import type { BufferDraft } from "./lowering.ts";
import type { MapKernel, ReduceKernel, Step, Store } from "./plan.ts";
import { schedule } from "./schedule.ts";
import { isPlain, isWhole, mapViews, rewrite } from "./value.ts";
import { reshapeView, sizeOf } from "./view.ts";

/** Most scalar operations in one kernel. */
const maxOperations = 256;

/**
 * Joins maps that walk the same elements into kernels with several stores, gives reductions the maps that follow them,
 * and drops stores that nobody reads; then orders the steps, cuts maps at borders of padding and lays products out as they
 * are read. No rounding changes: the same operations run on the same values. No step is moved
 * before its wall: what a checkpoint computes a second time would occupy memory from the first time on.
 *
 * @param walls for each step the first place at which it may stand; the steps that follow these have none
 */
export function* fuse(
  steps: readonly Step[],
  walls: readonly number[],
  buffers: readonly BufferDraft[],
  limits: Limits,
): Generator<void, Step[]> {
  const fuser = new Fuser(steps, walls, buffers, limits);
  yield* fuser.joinMaps();
  yield* fuser.joinReductions();
  const ordered = yield* fuser.inOrder();
  const cut = yield* cutAtBorders(ordered, buffers);
  return yield* layOutProducts(cut, buffers);
}

class Fuser {
  readonly #steps: StepIndex;
  readonly #walls: number[];
  readonly #buffers: readonly BufferDraft[];
  readonly #limits: Limits;

  constructor(steps: readonly Step[], walls: readonly number[], buffers: readonly BufferDraft[], limits: Limits) {
    this.#steps = new StepIndex(steps);
    this.#walls = steps.map((_, at) => walls[at] ?? 0);
    this.#buffers = buffers;
    this.#limits = limits;
  }

  inOrder(): Generator<void, Step[]> {
    return schedule(this.#steps, this.#walls, this.#buffers);
  }

  *joinMaps(): Generator<void> {
    for (let at = 0; at < this.#steps.length; at++) {
      yield;
      let joined = true;
      while (joined) {
        joined = false;
        const user = this.#steps.at(at);
        if (user?.kind !== "map") break;
        for (const buffer of reads(user)) {
          yield;
          const from = this.#steps.soleWriter(buffer);
          const maker = from === undefined || from === at ? null : this.#steps.at(from);
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
  *joinReductions(): Generator<void> {
    for (let at = 0; at < this.#steps.length; at++) {
      yield;
      const user = this.#steps.at(at);
      if (user?.kind !== "map") continue;
      for (const buffer of reads(user)) {
        const from = this.#steps.soleWriter(buffer);
        const maker = from === undefined ? null : this.#steps.at(from);
        if (from === undefined || maker?.kind !== "reduce" || maker.block > 0 || maker.stores.length > 1) continue;
        if (maker.stores[0].expr.kind !== "accumulated" || this.#isNeeded(buffer, at)) continue;
        const kernel = this.#absorb(maker, user, buffer);
        if (!kernel) continue;
        this.#replace(from, at, at, kernel);
        break;
      }
    }
  }

  /** Whether a buffer is a result, or read by a step other than `except`. */
  #isNeeded(buffer: number, except = -1): boolean {
    const { target, output } = this.#buffers[buffer];
    return target !== null || output || this.#steps.readers(buffer).some((at) => at !== except);
  }

  /** Where the joined kernel may stand: at the user, if nobody between needs the maker before it, else at the maker. */
  #position(from: number, at: number): number | null {
    const maker = this.#steps.at(from) as Step;
    const user = this.#steps.at(at) as Step;
    const isBetween = (place: number): boolean => place > from && place < at;
    const touches = (b: number): boolean =>
      this.#steps.readers(b).some(isBetween) || this.#steps.writers(b).some(isBetween);
    if (!writes(maker).some(touches)) return at;
    if (from < this.#walls[at]) return null;
    const isMade = (b: number): boolean => this.#steps.writers(b).some(isBetween);
    return [...reads(user), ...writes(user)].some(isMade) ? null : from;
  }

  #replace(from: number, at: number, place: number, kernel: MapKernel | ReduceKernel): void {
    this.#steps.remove(from);
    this.#steps.remove(at);
    // The kernel itself is not there yet: what it needs of its own stores, it computes.
    const stores = kernel.stores.filter((store) => this.#isNeeded(store.place.buffer));
    this.#steps.put(place, { ...kernel, stores });
    this.#walls[place] = Math.max(this.#walls[from], this.#walls[at]);
  }

  /** One kernel of both maps, the user's loads replaced by the maker's expressions; `null` where it is not possible. */
  #join(maker: MapKernel, user: MapKernel): MapKernel | null {
    const size = sizeOf(user.shape);
    if (sizeOf(maker.shape) !== size) return null;
    const made = new Map<number, Store>();
    for (const store of maker.stores) {
      const { size: whole, dtype } = this.#buffers[store.place.buffer];
      // A storage dtype rounds: what is read back is not what was computed.
      if (!isWhole(store.place, whole) || dtype !== store.expr.dtype) return null;
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
        return isWholeLoad(leaf) ? (expressions.get(leaf.buffer) ?? null) : null;
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
        return isWholeLoad(leaf) ? { kind: "accumulated", dtype } : null;
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
      stores.filter((s) => this.#isNeeded(s.place.buffer)).length <= this.#limits.maxOutputs &&
      loadedBuffers(...exprs).size <= this.#limits.maxInputs &&
      topological(exprs).filter((e) => e.kind === "apply").length <= maxOperations
    );
  }
}

/** Whether every element is read at its own place, in row-major order. */
function isWholeLoad(load: Load): boolean {
  return isPlain(load) && isWhole(load, sizeOf(load.view.shape));
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
