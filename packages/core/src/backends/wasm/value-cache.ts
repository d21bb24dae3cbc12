import type { ValueHandle } from "./handles.ts";
import type { Memory } from "./memory.ts";

/** Bytes of uploaded values that are kept for later plans. */
const LIMIT = 512 * 2 ** 20;

interface Entry {
  readonly address: number;
  /** Number of the run that used it last. */
  run: number;
}

/**
 * Values that plans have uploaded: kept while their handles live, the least recently used given up first. What the
 * present run uses stays.
 */
export class ValueCache {
  readonly #memory: Memory;
  readonly #limit: number;
  /** In the order of their last use. */
  readonly #entries = new Map<number, Entry>();
  readonly #byHandle = new WeakMap<ValueHandle, Entry>();
  readonly #collected = new FinalizationRegistry<Entry>((entry) => this.#drop(entry));
  #run = 0;

  constructor(memory: Memory, limit: number = LIMIT) {
    this.#memory = memory;
    this.#limit = limit;
  }

  /** Begins a run: entries of earlier runs may be given up from here on. */
  begin(): void {
    this.#run++;
    while (this.#memory.held("cached values") > this.#limit && this.evict());
  }

  /** Address of the value's contents. */
  addressOf(value: ValueHandle): number {
    const known = this.#byHandle.get(value);
    if (known && this.#entries.get(known.address) === known) {
      known.run = this.#run;
      this.#entries.delete(known.address);
      this.#entries.set(known.address, known);
      return known.address;
    }
    const { data, bytes } = value;
    const address = this.#memory.allocate(bytes, "cached values");
    this.#memory.write(address, data);
    const entry = { address, run: this.#run };
    this.#entries.set(address, entry);
    this.#byHandle.set(value, entry);
    this.#collected.register(value, entry, entry);
    return address;
  }

  /** Gives up the least recently used value; whether there was one that the present run does not use. */
  evict(): boolean {
    for (const entry of this.#entries.values()) {
      if (entry.run === this.#run) continue;
      this.#drop(entry);
      return true;
    }
    return false;
  }

  forget(value: ValueHandle): void {
    const entry = this.#byHandle.get(value);
    if (entry) this.#drop(entry);
  }

  #drop(entry: Entry): void {
    if (this.#entries.get(entry.address) !== entry) return;
    this.#entries.delete(entry.address);
    this.#collected.unregister(entry);
    this.#memory.free(entry.address);
  }
}
