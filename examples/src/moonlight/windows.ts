import { Loader, type Tokens, TokenWindows } from "@tsuki/data";
import { seedOf, UsageError } from "@tsuki/train/node";
import type { Options } from "./options.ts";
import type { Corpus } from "./text.ts";

/**
 * Batches of windows of the training text, int32 [batch, sequence].
 *
 * @throws UsageError where the text is too short for a batch
 */
export function windowsOf(
  { training }: Corpus,
  { batch, sequence: length, seed }: Pick<Options, "batch" | "sequence" | "seed">,
): Loader<Tokens> {
  const windows = new TokenWindows(training, { length });
  if (windows.leastLength < batch) {
    throw new UsageError(
      `error: --batch ${batch} of --sequence ${length}: ` +
        `${training.length} tokens have ${windows.leastLength} windows of ${length}, and a batch takes ${batch}`,
    );
  }
  return new Loader(windows, { batch, seed: seedOf(seed, "data") });
}
