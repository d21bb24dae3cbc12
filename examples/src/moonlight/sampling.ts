import type { Generator } from "@tsuki/core";
import { decodeBytes, encodeBytes, printable } from "@tsuki/data";
import { generate, type LanguageModel } from "@tsuki/nn";

export interface SamplingOptions {
  readonly prompt: string;
  readonly sampleLength: number;
  readonly temperature: number;
  readonly sequence: number;
}

/** The prompt and what the model adds; the text as far as it got where the signal came. */
export async function sampleText(
  model: LanguageModel,
  generator: Generator,
  { prompt, sampleLength, temperature, sequence }: SamplingOptions,
  signal: AbortSignal,
): Promise<string> {
  const bytes = [...encodeBytes(prompt)];
  const options = { maxNewTokens: sampleLength, window: sequence, temperature, generator };
  for await (const byte of generate(model, [...bytes], options)) {
    bytes.push(byte);
    if (signal.aborted) break;
  }
  return printable(decodeBytes(bytes));
}
