import { type Tensor, tensor } from "@tsuki/core";
import { HostGenerator } from "@tsuki/nn";
import { seedOf, UsageError } from "@tsuki/train/node";
import type { Options } from "./options.ts";
import type { Corpus } from "./text.ts";

/** Where a text's windows begin: each has one token in common with the next, so that every token is predicted once. */
export function windowStarts(tokens: number, length: number, first = 0): number[] {
  const stride = length - 1;
  const count = Math.max(0, Math.floor((tokens - 1 - first) / stride));
  return Array.from({ length: count }, (_, index) => first + index * stride);
}

/** A place in the order of the windows. */
export interface WindowsState {
  /** The generator at the beginning of the epoch. */
  readonly generator: { readonly seed: number; readonly counter: number };
  /** Windows of the epoch that were taken. */
  readonly taken: number;
}

export interface WindowsOptions {
  readonly batch: number;
  readonly length: number;
  readonly seed: number;
}

/**
 * Batches of windows of a text, in epochs: each cuts the text at another offset and takes the windows in a new random order,
 * without repetition; what is left of them is too little for a batch.
 */
export class Windows {
  readonly #text: Uint8Array;
  readonly #batch: number;
  readonly #length: number;
  readonly #generator: HostGenerator;
  #epoch: WindowsState["generator"];
  #order: number[] = [];
  #taken = 0;

  /** @throws RangeError for a text that is too short for a batch */
  constructor(text: Uint8Array, { batch, length, seed }: WindowsOptions) {
    const windows = windowStarts(text.length, length, length - 2).length;
    if (windows < batch)
      throw new RangeError(`${text.length} tokens have ${windows} windows of ${length}, and a batch takes ${batch}`);
    this.#text = text;
    this.#batch = batch;
    this.#length = length;
    this.#generator = new HostGenerator(seed);
    this.#epoch = this.#generator.state();
    this.#shuffle();
  }

  /** The next batch: int32 [batch, length]. */
  next(): Tensor {
    if (this.#taken + this.#batch > this.#order.length) this.#shuffle();
    const starts = this.#order.slice(this.#taken, this.#taken + this.#batch);
    this.#taken += this.#batch;
    const ids = new Int32Array(this.#batch * this.#length);
    for (const [row, start] of starts.entries())
      ids.set(this.#text.subarray(start, start + this.#length), row * this.#length);
    return tensor(ids, { shape: [this.#batch, this.#length] });
  }

  /** What a checkpoint needs. */
  state(): WindowsState {
    return { generator: this.#epoch, taken: this.#taken };
  }

  restore({ generator, taken }: WindowsState): void {
    this.#generator.restore(generator);
    this.#shuffle();
    this.#taken = taken;
  }

  /** Begins an epoch: Fisher and Yates' shuffle. */
  #shuffle(): void {
    this.#epoch = this.#generator.state();
    const below = (n: number): number => Math.floor(this.#generator.next() * n);
    const order = windowStarts(this.#text.length, this.#length, below(this.#length - 1));
    for (let last = order.length - 1; last > 0; last--) {
      const other = below(last + 1);
      [order[last], order[other]] = [order[other], order[last]];
    }
    this.#order = order;
    this.#taken = 0;
  }
}

/**
 * The order of the training text's windows.
 *
 * @throws UsageError where the text is too short for a batch
 */
export function windowsOf({ training }: Corpus, { batch, sequence, seed }: Options): Windows {
  try {
    return new Windows(training, { batch, length: sequence, seed: seedOf(seed, "data") });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`error: --batch ${batch} of --sequence ${sequence}: ${error.message}`);
  }
}
