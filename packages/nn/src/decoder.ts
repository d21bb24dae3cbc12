import {
  ArgumentError,
  defaultDevice,
  type Generator,
  oneHot,
  realize,
  type Tensor,
  tensor,
  together,
  Variable,
} from "@tsuki/core";
import { KVCache, type KVCacheOptions } from "./cache.ts";
import { inferenceOf } from "./inference.ts";
import type { LanguageModel, LanguageModelContext } from "./language-model.ts";
import type { Module } from "./module.ts";
import { type SampleOptions, sampleTokens } from "./sample.ts";

// B rows, V vocabulary

/** How tokens are drawn. */
export interface DecoderOptions extends SampleOptions {
  readonly generator?: Generator;
}

/**
 * What a generation holds on the device: the cache, the tokens that were drawn last, and which ones have occurred. A step
 * of the model, the draw, and what is written of it are one plan; the host reads the tokens alone.
 */
export class Decoder {
  readonly #model: LanguageModel;
  readonly #modules: readonly Module[];
  readonly #options: DecoderOptions;
  readonly #cache: KVCache;
  /** [B, 1] */
  readonly #token: Variable;
  /** [B, V], where a repetition penalty asks for it. */
  #seen: Variable | null = null;

  constructor(model: LanguageModel, rows: number, cache: KVCacheOptions, options: DecoderOptions) {
    this.#model = model;
    this.#modules = [...model.namedModules().values()];
    this.#options = options;
    this.#cache = new KVCache(cache);
    this.#token = new Variable([rows, 1], "int32", defaultDevice(), { name: "token" });
  }

  /** Whether a further token needs another `prefill`. */
  get isFull(): boolean {
    return this.#cache.length === this.#cache.capacity;
  }

  /**
   * Reads texts anew and draws what follows each. Rows are padded on the left to the longest one, all of them on the right
   * to a power of two: the plan depends on that alone.
   */
  prefill(texts: readonly (readonly number[])[]): Promise<Int32Array> {
    const longest = Math.max(...texts.map((text) => text.length));
    const length = Math.min(powerOfTwo(longest), this.#cache.capacity);
    const ids = new Int32Array(texts.length * length);
    for (const [row, text] of texts.entries()) ids.set(text, row * length + longest - text.length);
    const padding = tensor(Int32Array.from(texts, (text) => longest - text.length));
    const context = { ...this.#cache.prefill(length, { kept: longest, padding }), logitsAt: longest - 1 };
    return this.#draw(tensor(ids, { shape: [texts.length, length] }), context, texts);
  }

  /** Draws what follows the tokens that were drawn last. */
  step(): Promise<Int32Array> {
    return this.#draw(this.#token.read(), this.#cache.extend(), []);
  }

  /** Gives the memory back; resolves when that is done. */
  async dispose(): Promise<void> {
    together(() => {
      this.#cache.dispose();
      this.#token.dispose();
      this.#seen?.dispose();
    });
    await realize();
  }

  /** @param texts What the rows began with. */
  #draw(ids: Tensor, context: LanguageModelContext, texts: readonly (readonly number[])[]): Promise<Int32Array> {
    const drawn = inferenceOf(this.#modules, () =>
      together(() => {
        const logits = this.#model.call(ids, context);
        if (this.#cache.variables.length === 0) {
          throw new ArgumentError("generate: the model must hand its context to attention, whose cache it holds");
        }
        const { logitsAt } = context;
        const last = logits.shape[1] === 1 || logitsAt === undefined ? logits : logits.narrow(1, logitsAt, 1);
        const tokens = this.#sample(last.squeeze(1), texts);
        // A row that failed is the caller's to see; the others go on.
        this.#token.assign(tokens.maximum(0).unsqueeze(1));
        return tokens;
      }),
    );
    return drawn.data() as Promise<Int32Array>;
  }

  #sample(logits: Tensor, texts: readonly (readonly number[])[]): Tensor {
    const { repetitionPenalty } = this.#options;
    if (repetitionPenalty === undefined) return sampleTokens(logits, this.#options);
    const seen = this.#seen?.read() ?? occurring(texts, logits.shape[1]);
    this.#seen ??= new Variable(logits.shape, "bool", defaultDevice(), { name: "seen" });
    const tokens = sampleTokens(logits, { ...this.#options, seen });
    this.#seen.assign(seen.logicalOr(oneHot(tokens, logits.shape[1])));
    return tokens;
  }
}

/** Which tokens occur in each text: bool [B, V]. */
function occurring(texts: readonly (readonly number[])[], vocabulary: number): Tensor {
  const seen = new Uint8Array(texts.length * vocabulary);
  for (const [row, text] of texts.entries()) for (const token of text) seen[row * vocabulary + token] = 1;
  return tensor(seen, { shape: [texts.length, vocabulary], dtype: "bool" });
}

/** The least power of two that holds a number. */
export function powerOfTwo(needed: number): number {
  return 2 ** Math.ceil(Math.log2(needed));
}
