import type { ValueHandle } from "./handles.ts";
import type { Memory } from "./memory.ts";

/** Bytes of uploaded values that are kept for later plans. */
const LIMIT = 512 * 2 ** 20;

interface Entry {
  readonly address: number;
}

/**
 * Values that plans have uploaded: kept while their handles live, the least recently used given up first. What the
 * present run uses stays, and so do its handles.
 */
export class ValueCache {
  readonly #memory: Memory;
  readonly #limit: number;
  /** In the order of their last use. */
  readonly #entries = new Set<Entry>();
  readonly #byHandle = new WeakMap<ValueHandle, Entry>();
  readonly #collected = new FinalizationRegistry<Entry>((entry) => this.#drop(entry));
  /** What the present run uses. */
  readonly #present = new Map<Entry, ValueHandle>();

  constructor(memory: Memory, limit: number = LIMIT) {
    this.#memory = memory;
    this.#limit = limit;
  }

  /** Address of the value's contents, for the present run. */
  addressOf(value: ValueHandle): number {
    let entry = this.#byHandle.get(value);
    if (!entry || !this.#entries.delete(entry)) {
      entry = { address: this.#memory.allocate(value.bytes, "cached values") };
      this.#memory.write(entry.address, value.data);
      this.#byHandle.set(value, entry);
      this.#collected.register(value, entry, entry);
    }
    this.#entries.add(entry);
    this.#present.set(entry, value);
    return entry.address;
  }

  /** Ends the present run, and gives up what the cache holds beyond its limit. */
  endRun(): void {
    this.#present.clear();
    while (this.#memory.held("cached values") > this.#limit && this.evict());
  }

  /** Gives up the least recently used value; whether there was one that the present run does not use. */
  evict(): boolean {
    for (const entry of this.#entries) {
      if (this.#present.has(entry)) continue;
      this.#drop(entry);
      return true;
    }
    return false;
  }

  /** Gives up a value whose handle is freed. */
  forget(value: ValueHandle): void {
    const entry = this.#byHandle.get(value);
    if (entry) this.#drop(entry);
  }

  #drop(entry: Entry): void {
    if (!this.#entries.delete(entry)) return;
    this.#collected.unregister(entry);
    this.#memory.free(entry.address);
  }
}
