import { checkOptions } from "@tsuki/core";
import { checkLast, checkWhole } from "./checks.ts";
import { type Collate, type Collated, collate } from "./collate.ts";
import { DerivedStream, type Stream } from "./stream.ts";

export interface BatchesOptions<T, B> {
  /** Items of a batch. */
  readonly batch: number;
  /** What is done with the items at the end that do not fill a batch; default: "drop". */
  readonly last?: "drop" | "pad";
  /** Makes a batch; default: `collate`, which stacks rows of one shape. */
  readonly collate?: Collate<T, B>;
}

/** Batches of a stream's items, all of one shape. */
export function batches<T, S, B = Collated<T>>(stream: Stream<T, S>, options: BatchesOptions<T, B>): Stream<B, S> {
  checkOptions("batches", options, "batch", "last", "collate");
  return new BatchedStream(stream, options);
}

class BatchedStream<T, S, B> extends DerivedStream<T, B, S> {
  readonly #batch: number;
  readonly #pad: boolean;
  readonly #collate: Collate<T, B>;

  constructor(stream: Stream<T, S>, options: BatchesOptions<T, B>) {
    super(stream);
    const { batch, last = "drop" } = options;
    checkWhole("batches", "batch", batch, 1);
    checkLast("batches", last);
    this.#batch = batch;
    this.#pad = last === "pad";
    // Without the option, B is what `collate` makes.
    this.#collate = options.collate ?? (collate as Collate<T, unknown> as Collate<T, B>);
  }

  async next(): Promise<B | undefined> {
    const items: T[] = [];
    while (items.length < this.#batch) {
      const item = await this.stream.next();
      if (item === undefined) break;
      items.push(item);
    }
    if (items.length < (this.#pad ? 1 : this.#batch)) return undefined;
    return this.#collate(items, this.#batch);
  }
}
