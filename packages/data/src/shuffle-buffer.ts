import { checkOptions } from "@tsuki/core";
import { HostGenerator } from "@tsuki/nn";
import { checkWhole } from "./checks.ts";
import { below } from "./shuffle.ts";
import { Items, type Stream } from "./stream.ts";

export interface ShuffleOptions {
  /** Items that wait at a time: each place in the order is drawn from as many. */
  readonly buffer: number;
  readonly seed?: number;
}

export interface ShuffleState<S> {
  readonly generator: { readonly seed: number; readonly counter: number };
  /** Places of the items that wait. */
  readonly waiting: readonly S[];
  /** Place of the item that is read next. */
  readonly stream: S;
}

/**
 * A stream in random order, as far as a buffer allows: a random one of the items that wait is next, and the stream's next
 * takes its place. The state holds the places of the items that wait, not the items; a restored stream reads them anew.
 */
export function shuffleStream<T, S>(stream: Stream<T, S>, options: ShuffleOptions): Stream<T, ShuffleState<S>> {
  checkOptions("shuffleStream", options, "buffer", "seed");
  return new ShuffledStream(stream, options);
}

interface Waiting<T, S> {
  readonly place: S;
  readonly item: T;
}

class ShuffledStream<T, S> extends Items<T> implements Stream<T, ShuffleState<S>> {
  readonly #stream: Stream<T, S>;
  readonly #buffer: number;
  readonly #random: HostGenerator;
  #waiting: Waiting<T, S>[] = [];
  /** Of what waits but is to be read anew. */
  #places: readonly S[] = [];

  constructor(stream: Stream<T, S>, { buffer, seed = 0 }: ShuffleOptions) {
    super();
    checkWhole("shuffleStream", "buffer", buffer, 1);
    this.#stream = stream;
    this.#buffer = buffer;
    this.#random = new HostGenerator(seed);
  }

  async next(): Promise<T | undefined> {
    await this.#readAnew();
    while (this.#waiting.length < this.#buffer) {
      const one = await this.#read();
      if (one === undefined) break;
      this.#waiting.push(one);
    }
    const last = this.#waiting.pop();
    if (last === undefined) return undefined;
    const chosen = below(this.#waiting.length + 1, this.#random);
    if (chosen === this.#waiting.length) return last.item;
    const { item } = this.#waiting[chosen];
    this.#waiting[chosen] = last;
    return item;
  }

  state(): ShuffleState<S> {
    const waiting = this.#places.length > 0 ? this.#places : this.#waiting.map(({ place }) => place);
    return { generator: this.#random.state(), waiting, stream: this.#stream.state() };
  }

  restore({ generator, waiting, stream }: ShuffleState<S>): void {
    this.#random.restore(generator);
    this.#stream.restore(stream);
    this.#waiting = [];
    this.#places = waiting;
  }

  rewind(): void {
    this.#stream.rewind();
    this.#waiting = [];
    this.#places = [];
  }

  async #read(): Promise<Waiting<T, S> | undefined> {
    const place = this.#stream.state();
    const item = await this.#stream.next();
    return item === undefined ? undefined : { place, item };
  }

  /** After `restore`: the items whose places are known. */
  async #readAnew(): Promise<void> {
    if (this.#places.length === 0) return;
    const next = this.#stream.state();
    const waiting: Waiting<T, S>[] = [];
    try {
      for (const place of this.#places) {
        this.#stream.restore(place);
        const one = await this.#read();
        if (one !== undefined) waiting.push(one);
      }
    } finally {
      this.#stream.restore(next);
    }
    this.#waiting = waiting;
    this.#places = [];
  }
}
