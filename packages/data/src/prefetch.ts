import { checkWhole } from "./checks.ts";
import { type EndlessStream, Items, type RepeatedState } from "./stream.ts";

/** An item that has been taken from the stream ahead of its turn. */
interface Begun<T, S> {
  readonly item: T;
  /** The place of the item after it. */
  readonly after: RepeatedState<S>;
}

/**
 * The items of an endless stream, some of which are begun before they are asked for: files are read and batches made while
 * a step computes. The last part of a pipeline:
 *
 *     prefetch(repeat(batches(packStream(readJsonLines(path, document), { length: 512 }), { batch: 16 })))
 *
 * @param count Items that are begun ahead.
 */
export function prefetch<T, S>(stream: EndlessStream<T, S>, count = 2): PrefetchedStream<T, S> {
  checkWhole("prefetch", "count", count, 0);
  return new PrefetchedStream(stream, count);
}

/** A source of batches. Its state is the place of the next item, whatever was begun ahead. */
export class PrefetchedStream<T, S> extends Items<T> {
  readonly #stream: EndlessStream<T, S>;
  readonly #count: number;
  #place: RepeatedState<S>;
  #begun: Promise<Begun<T, S>>[] = [];
  /** What the stream does last: one thing after the other. */
  #busy: Promise<unknown> = Promise.resolve();

  constructor(stream: EndlessStream<T, S>, count: number) {
    super();
    this.#stream = stream;
    this.#count = count;
    this.#place = stream.state();
  }

  /** The next item. One that cannot be read is not taken: the next call tries it again. One call at a time. */
  async next(): Promise<T> {
    while (this.#begun.length <= this.#count) this.#begun.push(this.#begin());
    try {
      const { item, after } = await this.#begun[0];
      this.#begun.shift();
      this.#place = after;
      return item;
    } catch (error) {
      this.restore(this.#place);
      throw error;
    }
  }

  state(): RepeatedState<S> {
    return this.#place;
  }

  restore(state: RepeatedState<S>): void {
    this.#place = state;
    this.#begun = [];
    this.#busy = this.#busy.catch(() => {}).then(() => this.#stream.restore(state));
  }

  /** What fails keeps those after it from being begun. */
  #begin(): Promise<Begun<T, S>> {
    const begun = this.#busy.then(async () => ({ item: await this.#stream.next(), after: this.#stream.state() }));
    begun.catch(() => {});
    this.#busy = begun;
    return begun;
  }
}
