import {
  ArgumentError,
  arange,
  checkOptions,
  type DType,
  defaultDevice,
  IndexError,
  ShapeError,
  type Tensor,
  together,
  Variable,
} from "@tsuki/core";
import type { AttentionContext } from "./attention.ts";

// B batch, T tokens of a call

/** Where attention keeps what it needs of earlier tokens: keys and values, or a latent of both. */
export interface AttentionCache {
  /**
   * Writes this call's entries [..., T, D] at the cache's run-time place along axis −2, and gives those of every place,
   * `[..., places, D]`: T places in the first call on a text, later all that the cache has.
   *
   * @param layer The module that asks.
   * @param name Tells the entries of one module apart, such as "keys".
   */
  update(layer: object, name: string, entries: Tensor): Tensor;
  /**
   * Which places each query of this call sees: bool [B or 1, 1, T, places]. Causal, and without padding; with a sliding
   * `window` the last places only, as many as it says, the query's own among them.
   */
  visible(options?: { readonly window?: number }): Tensor;
}

export interface KVCacheOptions {
  /** Tokens of a text, padding included, that there is room for. */
  readonly capacity: number;
  /** In what entries are held, such as `bfloat16`; default: their own dtype. */
  readonly dtype?: DType;
}

export interface PrefillOptions {
  /** How many of the call's tokens are text; those behind them are padding that nobody sees. Default all. */
  readonly kept?: number;
  /** How many places at the beginning of each row are padding: int32 [B]; default none. */
  readonly padding?: Tensor;
}

/** The call of the model that is being built. */
interface Call {
  readonly start: number;
  readonly length: number;
  readonly places: number;
  /** The mask, by the window. */
  readonly masks: Map<number | undefined, Tensor>;
  readonly written: Set<Variable>;
}

/**
 * The cache of one batch of texts. It has one shape whatever it holds, and the place of a write is a run-time number: all
 * calls on one token are one plan, and so are all first calls of one length.
 *
 *     const cache = new KVCache({ capacity: 64 });
 *     const first = model.call(prompt, cache.prefill(prompt.shape[1]));      // ids [B, T] → [B, T, V]
 *     const next = model.call(token, cache.extend());                        // ids [B, 1] → [B, 1, V]
 *     …
 *     cache.dispose();
 *
 * The entries are variables: they are written in place as part of the plan that computes the logits.
 */
export class KVCache implements AttentionCache {
  readonly capacity: number;
  readonly #dtype: DType | undefined;
  readonly #entries = new Map<object, Map<string, Variable>>();
  #length = 0;
  #padding: Tensor | null = null;
  #call: Call | null = null;

  constructor(options: KVCacheOptions) {
    checkOptions("KVCache", options, "capacity", "dtype");
    const { capacity, dtype } = options;
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new ArgumentError(`KVCache: the capacity is a whole number ≥ 1, not ${capacity}`);
    }
    this.capacity = capacity;
    this.#dtype = dtype;
  }

  /** Tokens of the text so far, padding included. */
  get length(): number {
    return this.#length;
  }

  /** What is held: a variable [..., capacity, D] for each kind of entry of each layer. */
  get variables(): Variable[] {
    return [...this.#entries.values()].flatMap((byName) => [...byName.values()]);
  }

  /** What the model's first call on a text of `length` tokens is given; what the cache held before is gone. */
  prefill(length: number, options: PrefillOptions = {}): AttentionContext {
    checkOptions("KVCache.prefill", options, "kept", "padding");
    const { kept = length, padding } = options;
    if (!Number.isInteger(kept) || kept < 1 || kept > length) {
      throw new ArgumentError(`KVCache: of ${length} tokens 1 to ${length} are kept, not ${kept}`);
    }
    this.#padding = padding ?? null;
    this.#begin(0, length, length);
    this.#length = kept;
    return this.#context();
  }

  /** What the model's next call is given, on `length` further tokens. */
  extend(length = 1): AttentionContext {
    if (this.#length === 0) throw new ArgumentError("KVCache: prefill() comes before extend()");
    this.#begin(this.#length, length, this.capacity);
    this.#length += length;
    return this.#context();
  }

  update(layer: object, name: string, entries: Tensor): Tensor {
    const { start, length, written } = this.#current();
    if (entries.rank < 2 || entries.shape[entries.rank - 2] !== length) {
      throw new ShapeError(`KVCache: ${name} [..., ${length}, D] are needed, not [${entries.shape}]`);
    }
    const held = this.#variable(layer, name, entries);
    if (written.has(held)) {
      throw new ArgumentError(`KVCache: a module gave its ${name} twice in one call; a layer used twice has no cache`);
    }
    written.add(held);
    if (start > 0) {
      held.assign(held.sliceScatter(-2, start, entries.cast(held.dtype)));
      return held.read();
    }
    const room = entries.shape.map((_, axis) => [0, axis === entries.rank - 2 ? this.capacity - length : 0] as const);
    held.assign(entries.pad(room).cast(held.dtype));
    return entries;
  }

  visible(options: { readonly window?: number } = {}): Tensor {
    checkOptions("KVCache.visible", options, "window");
    const { window } = options;
    const call = this.#current();
    const mask = call.masks.get(window) ?? this.#mask(call, window);
    call.masks.set(window, mask);
    return mask;
  }

  /** Gives the memory back with what runs next. */
  dispose(): void {
    together(() => {
      for (const variable of this.variables) variable.dispose();
    });
    this.#entries.clear();
    this.#length = 0;
    this.#call = null;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #begin(start: number, length: number, places: number): void {
    if (!Number.isInteger(length) || length < 1 || start + length > this.capacity) {
      throw new IndexError(`KVCache: ${length} tokens after ${start} do not fit into a capacity of ${this.capacity}`);
    }
    this.#call = { start, length, places, masks: new Map(), written: new Set() };
  }

  #current(): Call {
    if (this.#call) return this.#call;
    throw new ArgumentError("KVCache: prefill() or extend() begins a call of the model");
  }

  #variable(layer: object, name: string, { shape, dtype }: Tensor): Variable {
    const byName = this.#entries.get(layer) ?? new Map<string, Variable>();
    this.#entries.set(layer, byName);
    const whole = shape.map((extent, axis) => (axis === shape.length - 2 ? this.capacity : extent));
    const known =
      byName.get(name) ?? new Variable(whole, this.#dtype ?? dtype, defaultDevice(), { name: `cache.${name}` });
    byName.set(name, known);
    return known;
  }

  /** Positions count from the first token of each row that is no padding. */
  #context(): AttentionContext {
    const { start, length } = this.#current();
    const places = arange(length).add(start).reshape([1, length]);
    const positions = this.#padding ? places.sub(this.#padding.reshape([-1, 1])).maximum(0) : places;
    return { cache: this, positions };
  }

  #mask({ start, length, places }: Call, window: number | undefined): Tensor {
    if (window !== undefined && !(Number.isInteger(window) && window >= 1)) {
      throw new ArgumentError(`KVCache: the window is a whole number ≥ 1, not ${window}`);
    }
    const [query, key] = [arange(length).add(start).reshape([1, 1, length, 1]), arange(places)];
    let seen = key.le(query);
    if (window !== undefined) seen = seen.logicalAnd(key.gt(query.sub(window)));
    return this.#padding ? seen.logicalAnd(key.ge(this.#padding.reshape([-1, 1, 1, 1]))) : seen;
  }
}
