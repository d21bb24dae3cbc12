import { ArgumentError, checkOptions, StateError } from "@tsuki/core";
import { HostGenerator } from "@tsuki/nn";
import { checkLast, checkWhole } from "./checks.ts";
import { type Collate, type Collated, collate } from "./collate.ts";
import { type Dataset, datasetOf } from "./dataset.ts";
import { permutation } from "./shuffle.ts";

export interface LoaderOptions<E, B> {
  /** Examples of a batch. */
  readonly batch: number;
  /** Of the order, and of what epochs choose at random; default: 0. */
  readonly seed?: number;
  /** Default: true. Without it, every epoch has the examples as they lie. */
  readonly shuffle?: boolean;
  /** What is done with the examples at the end of an epoch that do not fill a batch; default: "drop". */
  readonly last?: "drop" | "pad";
  /** Makes a batch; default: `collate`, which stacks rows of one shape. */
  readonly collate?: Collate<E, B>;
  /** Batches that are begun before they are asked for; default: 2. */
  readonly prefetch?: number;
}

/** A place in the order of the batches, as plain data. */
export interface LoaderState {
  /** Epochs that were done before this one. */
  readonly epoch: number;
  /** The generator at the beginning of the epoch. */
  readonly generator: { readonly seed: number; readonly counter: number };
  /** Examples of the epoch that were taken. */
  readonly taken: number;
}

/** An epoch: its examples and their order. */
interface Epoch<E> {
  readonly number: number;
  /** The generator before it, and after. */
  readonly generator: LoaderState["generator"];
  readonly next: LoaderState["generator"];
  readonly examples: Dataset<E>;
  /** `null`: as they lie. */
  readonly order: Uint32Array | null;
  /** Examples that fall into batches. */
  readonly end: number;
}

/** The place of a batch. */
interface Place<E> {
  readonly epoch: Epoch<E>;
  readonly taken: number;
}

/** A batch that has been begun. */
interface Begun<E, B> {
  readonly batch: Promise<B>;
  readonly before: Place<E>;
  readonly after: Place<E>;
}

/**
 * Batches of a data set without end, all of one shape: each epoch has every example once, in a new random order that
 * follows from the seed alone.
 *
 *     const loader = new Loader(new TokenWindows(tokens, { length: 128 }), { batch: 16, seed: 1 });
 *     for await (const ids of loader) …               // int32 [16, 128]
 *     while (loader.epochs < 3) for await (const ids of loader.epoch()) …
 *
 * `state()` is the place of the next batch: a loader of the same data that is restored to it goes on with the same batches.
 */
export class Loader<E, B = Collated<E>> {
  readonly #examples: Dataset<E>;
  readonly #batch: number;
  readonly #shuffle: boolean;
  readonly #pad: boolean;
  readonly #collate: Collate<E, B>;
  readonly #prefetch: number;
  /** Of the batch that is taken next. */
  #place: Place<E>;
  #begun: Begun<E, B>[] = [];

  /** @throws ArgumentError for data that do not fill a batch, and where an option makes no sense. */
  constructor(examples: Dataset<E> | readonly E[], options: LoaderOptions<E, B>) {
    checkOptions("Loader", options, "batch", "seed", "shuffle", "last", "collate", "prefetch");
    const { batch, seed = 0, shuffle = true, last = "drop", prefetch = 2 } = options;
    checkWhole("Loader", "batch", batch, 1);
    checkWhole("Loader", "prefetch", prefetch, 0);
    checkLast("Loader", last);
    this.#examples = datasetOf(examples);
    this.#batch = batch;
    this.#shuffle = shuffle;
    this.#pad = last === "pad";
    this.#prefetch = prefetch;
    // Without the option, B is what `collate` makes.
    this.#collate = options.collate ?? (collate as Collate<E, unknown> as Collate<E, B>);
    this.#place = { epoch: this.#makeEpoch(0, new HostGenerator(seed).state()), taken: 0 };
  }

  /** Epochs of which every batch was taken. */
  get epochs(): number {
    const { epoch, taken } = this.#place;
    return epoch.number + Number(taken === epoch.end);
  }

  /** Batches of the epoch in which the last batch was. */
  get batchesPerEpoch(): number {
    return Math.ceil(this.#place.epoch.end / this.#batch);
  }

  /** The next batch. One that cannot be read or made is not taken: the next call tries it again. */
  async next(): Promise<B> {
    while (this.#begun.length <= this.#prefetch) this.#begin();
    const begun = this.#begun;
    const [{ batch, before, after }] = begun.splice(0, 1);
    this.#place = after;
    try {
      return await batch;
    } catch (error) {
      // Unless another call has gone elsewhere meanwhile.
      if (this.#begun === begun) this.#goTo(before);
      throw error;
    }
  }

  /** All batches to come, without end. */
  async *[Symbol.asyncIterator](): AsyncGenerator<B, never> {
    while (true) yield await this.next();
  }

  /** The batches of an epoch: what is left of one that has begun, else the next. */
  async *epoch(): AsyncGenerator<B, void> {
    const before = this.epochs;
    while (this.epochs === before) yield await this.next();
  }

  /** What a checkpoint needs: the place of the next batch, whatever was begun ahead. */
  state(): LoaderState {
    const { epoch, taken } = this.#place;
    return { epoch: epoch.number, generator: epoch.generator, taken };
  }

  /** @throws StateError for a place that these data do not have. */
  restore({ epoch: number, generator, taken }: LoaderState): void {
    const epoch = this.#makeEpoch(number, generator);
    if (!(Number.isSafeInteger(taken) && taken >= 0 && taken <= epoch.end)) {
      throw new StateError(`Loader: ${String(taken)} examples were taken of an epoch that has ${epoch.end}`);
    }
    this.#goTo({ epoch, taken });
  }

  #goTo(place: Place<E>): void {
    this.#place = place;
    this.#begun = [];
  }

  /** Begins the batch after the last one that was begun. */
  #begin(): void {
    let before = this.#begun.at(-1)?.after ?? this.#place;
    const { epoch } = before;
    if (before.taken === epoch.end) before = { epoch: this.#makeEpoch(epoch.number + 1, epoch.next), taken: 0 };
    const after = { epoch: before.epoch, taken: Math.min(before.taken + this.#batch, before.epoch.end) };
    const batch = this.#make(before, after);
    // Its error is that of the call that takes it.
    batch.catch(() => {});
    this.#begun.push({ batch, before, after });
  }

  async #make({ epoch: { examples, order }, taken }: Place<E>, after: Place<E>): Promise<B> {
    const places = Array.from({ length: after.taken - taken }, (_, index) => taken + index);
    const batch = await Promise.all(places.map((place) => examples.get(order ? order[place] : place)));
    return this.#collate(batch, this.#batch);
  }

  #makeEpoch(number: number, generator: LoaderState["generator"]): Epoch<E> {
    const random = new HostGenerator(0);
    random.restore(generator);
    const examples = (this.#shuffle && this.#examples.beginEpoch?.(random)) || this.#examples;
    const { length } = examples;
    const least = Math.min(length, this.#shuffle ? (examples.leastLength ?? length) : length);
    if (least < (this.#pad ? 1 : this.#batch)) {
      throw new ArgumentError(`Loader: an epoch has ${least} examples, and a batch takes ${this.#batch}`);
    }
    const order = this.#shuffle ? permutation(length, random) : null;
    const end = this.#pad ? length : length - (length % this.#batch);
    return { number, generator, next: random.state(), examples, order, end };
  }
}
