import { builtin } from "../builtin.ts";
import { macrotask } from "../plan/pace.ts";

/** Bytes of variables below which no collection is asked for. */
const least = 256 * 2 ** 20;

/**
 * Variables that nobody holds give their memory back when the engine collects them, but it does not feel their bytes: a
 * collection is asked for when the live bytes have doubled since the last one.
 */
export class Collector {
  #after = 0;

  /** Called before memory is bound; `live` tells the bytes now. */
  async watch(live: () => number): Promise<void> {
    if (live() < Math.max(least, 2 * this.#after)) return;
    collectGarbage();
    // Finalizers run in the turn after a collection.
    await macrotask();
    await macrotask();
    this.#after = live();
  }
}

let gc: (() => void) | null | undefined;

/** A full collection, where the engine offers one: in Node without any flag. */
function collectGarbage(): void {
  if (!builtin) return;
  if (gc === undefined) {
    const [v8, vm] = [builtin("node:v8"), builtin("node:vm")];
    v8.setFlagsFromString("--expose-gc");
    gc = (vm.runInNewContext("gc") as (() => void) | undefined) ?? null;
    v8.setFlagsFromString("--no-expose-gc");
  }
  gc?.();
}
