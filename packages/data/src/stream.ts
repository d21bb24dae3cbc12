import { ArgumentError } from "@tsuki/core";

/**
 * Items one after the other, for data that have no numbers or no end. The state is plain data, the place of the next item: a
 * stream of the same data that is restored to it goes on with the same items.
 */
export interface Stream<T, S = unknown> extends AsyncIterable<T> {
  /** The next item; `undefined` at the end. One call at a time. */
  next(): Promise<T | undefined>;
  state(): S;
  restore(state: S): void;
  /** Goes back to the beginning, for another pass; what is random in it is drawn anew. */
  rewind(): void;
}

/** What every stream can do: `for await` takes the items to come. */
export abstract class Items<T> {
  abstract next(): Promise<T | undefined>;

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    for (let item = await this.next(); item !== undefined; item = await this.next()) yield item;
  }
}

/** Items that are made of another stream's; its place is theirs. */
export abstract class DerivedStream<T, U, S> extends Items<U> implements Stream<U, S> {
  protected readonly stream: Stream<T, S>;

  constructor(stream: Stream<T, S>) {
    super();
    this.stream = stream;
  }

  state(): S {
    return this.stream.state();
  }

  restore(state: S): void {
    this.stream.restore(state);
  }

  rewind(): void {
    this.stream.rewind();
  }
}

/** A list as a stream. */
export function streamOf<T>(items: readonly T[]): Stream<T, { readonly taken: number }> {
  return new ListStream(items);
}

class ListStream<T> extends Items<T> implements Stream<T, { readonly taken: number }> {
  readonly #items: readonly T[];
  #taken = 0;

  constructor(items: readonly T[]) {
    super();
    this.#items = items;
  }

  async next(): Promise<T | undefined> {
    return this.#taken < this.#items.length ? this.#items[this.#taken++] : undefined;
  }

  state(): { readonly taken: number } {
    return { taken: this.#taken };
  }

  restore({ taken }: { readonly taken: number }): void {
    this.#taken = taken;
  }

  rewind(): void {
    this.#taken = 0;
  }
}

/** What a function makes of each item; those of which it makes `undefined` are left out. */
export function mapStream<T, U, S>(
  stream: Stream<T, S>,
  make: (item: T) => U | undefined | Promise<U | undefined>,
): Stream<U, S> {
  return new MappedStream(stream, make);
}

class MappedStream<T, U, S> extends DerivedStream<T, U, S> {
  readonly #make: (item: T) => U | undefined | Promise<U | undefined>;

  constructor(stream: Stream<T, S>, make: (item: T) => U | undefined | Promise<U | undefined>) {
    super(stream);
    this.#make = make;
  }

  async next(): Promise<U | undefined> {
    for (let item = await this.stream.next(); item !== undefined; item = await this.stream.next()) {
      const made = await this.#make(item);
      if (made !== undefined) return made;
    }
    return undefined;
  }
}

/** A stream without end, as a trainer takes batches from. */
export interface EndlessStream<T, S = unknown> extends Stream<T, RepeatedState<S>> {
  next(): Promise<T>;
  /** Passes that came to their end. */
  readonly passes: number;
}

export interface RepeatedState<S> {
  readonly stream: S;
  readonly passes: number;
}

/** The items again and again. `next` throws an ArgumentError where a whole pass has none. */
export function repeat<T, S>(stream: Stream<T, S>): EndlessStream<T, S> {
  return new RepeatedStream(stream);
}

class RepeatedStream<T, S> extends Items<T> implements EndlessStream<T, S> {
  readonly #stream: Stream<T, S>;
  #passes = 0;

  constructor(stream: Stream<T, S>) {
    super();
    this.#stream = stream;
  }

  get passes(): number {
    return this.#passes;
  }

  async next(): Promise<T> {
    const item = await this.#stream.next();
    if (item !== undefined) return item;
    this.#stream.rewind();
    const first = await this.#stream.next();
    if (first === undefined) throw new ArgumentError("repeat: the stream has no items");
    this.#passes++;
    return first;
  }

  state(): RepeatedState<S> {
    return { stream: this.#stream.state(), passes: this.#passes };
  }

  restore({ stream, passes }: RepeatedState<S>): void {
    this.#stream.restore(stream);
    this.#passes = passes;
  }

  rewind(): void {
    this.#stream.rewind();
  }
}
