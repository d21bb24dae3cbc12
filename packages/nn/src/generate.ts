import { ArgumentError, type Tensor, tensor } from "@tsuki/core";
import type { AttentionContext } from "./attention.ts";
import { inference } from "./inference.ts";
import type { Module } from "./module.ts";
import { HostGenerator } from "./random.ts";
import { checkSampleOptions, type SampleOptions, sample } from "./sample.ts";

/** A causal language model: ids [batch, T] (int32), padded on the left where the mask says so → logits [batch, T, V]. */
export type LanguageModel = Module<[ids: Tensor, context?: AttentionContext], Tensor>;

export interface GenerateOptions extends SampleOptions {
  readonly maxNewTokens: number;
  /** The most tokens that the model sees; of a longer text it sees the last ones. */
  readonly window: number;
  /** Tokens that end the text; they are yielded too. */
  readonly stopTokens?: readonly number[];
  /** Where the random numbers come from; default `new HostGenerator(0)`. */
  readonly generator?: HostGenerator;
}

/**
 * Continues a text, token by token: each is drawn on the host from the last row's logits, which alone are read.
 *
 * The text is padded on the left to one shape for all of the tokens: the power of two that holds prompt and continuation,
 * at most the window. So few plans serve any length. The model runs in inference mode and without gradients; its modes
 * are as before while the caller has the word.
 *
 *     for await (const token of generate(model, prompt, { maxNewTokens: 200, window: 256 })) …
 *
 * @throws ArgumentError for an empty prompt, and for options out of range.
 */
export async function* generate(
  model: LanguageModel,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<number, void> {
  const { maxNewTokens, window, stopTokens = [], generator = new HostGenerator(0) } = options;
  checkArguments(prompt, options);
  const length = paddedLength(prompt.length + maxNewTokens, window);
  const text = prompt.slice(-length);
  for (let count = 0; count < maxNewTokens; count++) {
    const logits = await lastLogits(model, text, length).data();
    const token = sample(logits as Float32Array | Float64Array, generator, options);
    yield token;
    if (stopTokens.includes(token)) return;
    text.push(token);
    if (text.length > length) text.shift();
  }
}

/** Logits [V] of what follows a text, which is padded on the left. */
function lastLogits(model: LanguageModel, text: readonly number[], length: number): Tensor {
  const padding = length - text.length;
  const row = <T>(f: (place: number) => T): T[][] => [Array.from({ length }, (_, place) => f(place))];
  const ids = tensor(
    row((place) => text[place - padding] ?? 0),
    { dtype: "int32" },
  );
  const mask = tensor(
    row((place) => place >= padding),
    { dtype: "bool" },
  );
  const positions = tensor(
    row((place) => Math.max(place - padding, 0)),
    { dtype: "int32" },
  );
  return inference(model, () => model.call(ids, { mask, positions }).select(1, -1).select(0, 0));
}

/** The least power of two that holds `needed`, at most the window. */
function paddedLength(needed: number, window: number): number {
  return Math.min(2 ** Math.ceil(Math.log2(needed)), window);
}

function checkArguments(prompt: readonly number[], options: GenerateOptions): void {
  const { maxNewTokens, window } = options;
  if (prompt.length === 0) throw new ArgumentError("generate: the prompt is empty; begin with the model's first token");
  if (!Number.isInteger(maxNewTokens) || maxNewTokens < 0) {
    throw new ArgumentError(`generate: maxNewTokens is a whole number ≥ 0, not ${maxNewTokens}`);
  }
  if (!Number.isInteger(window) || window < 1) {
    throw new ArgumentError(`generate: the window is a whole number ≥ 1, not ${window}`);
  }
  checkSampleOptions(options);
}
