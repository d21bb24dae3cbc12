import { ArgumentError, checkOptions, type DType, type Generator, shown } from "@tsuki/core";
import { Decoder, powerOfTwo } from "./decoder.ts";
import type { LanguageModel } from "./language-model.ts";
import { checkSampleOptions, type SampleOptions, sampleNames } from "./sample.ts";

export interface GenerateOptions extends SampleOptions {
  readonly maxNewTokens: number;
  /**
   * The most tokens that the model sees at once, at most its `config.maxPositionEmbeddings` where it has that. A longer
   * prompt is cut to its last ones; a text that outgrows the window goes on from its later half.
   */
  readonly window: number;
  /** Tokens that end a text; they are yielded too. */
  readonly stopTokens?: readonly number[];
  /** Where the random numbers come from; default `defaultGenerator`. */
  readonly generator?: Generator;
  /** In what the cache holds its entries, such as `bfloat16`; default: as the model computes them. */
  readonly cacheDtype?: DType;
  /** Ends the generation between two steps: the iterator throws the signal's reason. */
  readonly signal?: AbortSignal;
}

const optionNames = ["maxNewTokens", "window", "stopTokens", "generator", "cacheDtype", "signal", ...sampleNames];

/** A token that continues a row of a batch. */
export interface RowToken {
  readonly row: number;
  readonly token: number;
}

/**
 * Continues a text, token by token, or a batch of texts of any lengths. A batch yields what a step draws row by row; a row
 * that has ended does not occur any more. Rows do not depend on each other.
 *
 *     for await (const token of generate(model, prompt, { maxNewTokens: 200, window: 256 })) …
 *     for await (const { row, token } of generate(model, [promptA, promptB], options)) …
 *
 * The model runs in inference mode and without gradients; its modes are as before while the caller has the word. What it
 * needs of earlier tokens is kept on the device (`KVCache`) in one shape: the power of two that holds prompt and
 * continuation, at most the window. So a generation is two plans, one for prompts up to the same power of two, one for all
 * later tokens. A step is sent off before the tokens of the one before it are known, so that one that ends a text is one
 * step too many. The memory is given back when the iterator ends, also by `break`.
 *
 * @throws ArgumentError for an empty prompt, and for options out of range; from the iterator where logits are not finite.
 */
export function generate(
  model: LanguageModel,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<number, void>;
export function generate(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions,
): AsyncGenerator<RowToken, void>;
export function generate(
  model: LanguageModel,
  prompts: readonly number[] | readonly (readonly number[])[],
  options: GenerateOptions,
): AsyncGenerator<number | RowToken, void> {
  const rows = isBatch(prompts) ? prompts : [prompts];
  checkArguments(model, rows, options);
  const stream = continuations(model, rows, options);
  return isBatch(prompts) ? stream : tokensOf(stream);
}

function isBatch(
  prompts: readonly number[] | readonly (readonly number[])[],
): prompts is readonly (readonly number[])[] {
  return Array.isArray(prompts) && Array.isArray(prompts[0]);
}

async function* tokensOf(stream: AsyncGenerator<RowToken, void>): AsyncGenerator<number, void> {
  for await (const { token } of stream) yield token;
}

async function* continuations(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions,
): AsyncGenerator<RowToken, void> {
  const { maxNewTokens, window, stopTokens = [], cacheDtype, signal, ...sampling } = options;
  if (maxNewTokens === 0) return;
  const texts = prompts.map((prompt) => prompt.slice(-window));
  const open = new Set(texts.keys());
  const cache = { capacity: capacityFor(texts, options), dtype: cacheDtype };
  const decoder = new Decoder(model, texts.length, cache, sampling);
  let ahead: Promise<Int32Array> | null = null;
  try {
    for (let count = 0; count < maxNewTokens && open.size > 0; count++) {
      signal?.throwIfAborted();
      const drawn = ahead ?? begin(decoder, texts, window);
      // The tokens are on the device: the next step is built and sent off while this one runs.
      ahead = count + 1 < maxNewTokens && !decoder.isFull ? decoder.step() : null;
      ahead?.catch(() => {});
      const tokens = await drawn;
      for (const row of open) {
        const token = tokens[row];
        if (token < 0) throw new ArgumentError(`generate: logits of row ${row} are NaN or +∞, or all of them −∞`);
        texts[row].push(token);
        if (stopTokens.includes(token)) open.delete(row);
        yield { row, token };
      }
    }
  } finally {
    await decoder.dispose();
  }
}

/** At first, and where the cache is full: texts that outgrew the window are cut, and each is as if it were alone. */
function begin(decoder: Decoder, texts: number[][], window: number): Promise<Int32Array> {
  const half = Math.max(1, Math.floor(window / 2));
  for (const [row, text] of texts.entries()) if (text.length > window) texts[row] = text.slice(-half);
  return decoder.prefill(texts);
}

/** Room for padded prompts and all of the new tokens but the last, which nobody sees: a power of two, at most the window. */
function capacityFor(texts: readonly (readonly number[])[], { maxNewTokens, window }: GenerateOptions): number {
  const prompt = powerOfTwo(Math.max(...texts.map((text) => text.length)));
  return Math.min(powerOfTwo(prompt + maxNewTokens - 1), window);
}

function checkArguments(model: LanguageModel, prompts: readonly (readonly number[])[], options: GenerateOptions): void {
  checkOptions("generate", options, ...optionNames);
  const { maxNewTokens, window, stopTokens = [] } = options;
  for (const [name, list] of [...prompts.map((prompt) => ["a prompt", prompt]), ["stopTokens", stopTokens]]) {
    if (Array.isArray(list)) continue;
    throw new ArgumentError(`generate: ${name} is a plain list of token ids, not ${shown(list)}`);
  }
  if (prompts.some((prompt) => prompt.length === 0)) {
    throw new ArgumentError("generate: a prompt is empty; begin with the model's first token");
  }
  for (const token of [...prompts.flat(), ...stopTokens]) {
    if (!Number.isInteger(token) || token < 0) {
      throw new ArgumentError(`generate: a token is a whole number ≥ 0, not ${shown(token)}`);
    }
  }
  if (!Number.isInteger(maxNewTokens) || maxNewTokens < 0) {
    throw new ArgumentError(`generate: maxNewTokens is a whole number ≥ 0, not ${shown(maxNewTokens)}`);
  }
  if (!Number.isInteger(window) || window < 1) {
    throw new ArgumentError(`generate: the window is a whole number ≥ 1, not ${shown(window)}`);
  }
  const { config } = model as LanguageModel & { readonly config?: { readonly maxPositionEmbeddings?: number } };
  const positions = config?.maxPositionEmbeddings ?? window;
  if (window > positions) {
    throw new ArgumentError(`generate: the window is ${window}, and the model has ${positions} positions`);
  }
  checkSampleOptions("generate", options);
}
