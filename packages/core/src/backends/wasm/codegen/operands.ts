/** The distinct places that a kernel's loads, stores and index expressions walk through. */
import type { DType } from "../../../dtype.ts";
import { present } from "../../../invariant.ts";
import type { Expr } from "../../../plan/expr.ts";
import { topological } from "../../../plan/expr.ts";
import type { Buffer, Store } from "../../../plan/plan.ts";
import type { View } from "../../../plan/view.ts";

export interface Operand {
  /** Number of the buffer, −1 for an index expression. */
  readonly buffer: number;
  readonly storage: DType | "index";
  readonly offset: number;
  /** Strides along the axes of the results, in elements. */
  readonly strides: readonly number[];
  /** Stride along the reduced axis. */
  readonly reduced: number;
}

/** A view's strides, taken apart. */
export type Split = (view: View) => { readonly strides: readonly number[]; readonly reduced: number };

export class OperandTable {
  readonly operands: Operand[] = [];
  readonly #buffers: readonly Buffer[];
  readonly #byKey = new Map<string, number>();
  readonly #byView = new Map<View, Map<number, number>>();

  constructor(buffers: readonly Buffer[]) {
    this.#buffers = buffers;
  }

  /** Adds the places that `expr` reads. */
  addAll(expr: Expr, split: Split): void {
    for (const e of topological([expr])) {
      if (e.kind === "load") this.add(e.buffer, e.view, split);
      else if (e.kind === "index") this.add(-1, e.view, split);
    }
  }

  /** Adds the places that stores write and read. */
  addStores(stores: readonly Store[], split: Split): void {
    for (const { place, expr } of stores) {
      this.add(place.buffer, place.view, split);
      this.addAll(expr, split);
    }
  }

  /** Number of the operand; places that are equal are one. */
  add(buffer: number, view: View, split: Split): number {
    const { strides, reduced } = split(view);
    const key = `${buffer}:${view.offset}:${strides}:${reduced}`;
    let operand = this.#byKey.get(key);
    if (operand === undefined) {
      const storage = buffer < 0 ? "index" : this.#buffers[buffer].dtype;
      operand = this.operands.push({ buffer, storage, offset: view.offset, strides, reduced }) - 1;
      this.#byKey.set(key, operand);
    }
    const ofView = this.#byView.get(view);
    if (ofView) ofView.set(buffer, operand);
    else this.#byView.set(view, new Map([[buffer, operand]]));
    return operand;
  }

  /** Number of the operand that was added for this view. */
  of(buffer: number, view: View): number {
    return present(this.#byView.get(view)?.get(buffer));
  }
}
