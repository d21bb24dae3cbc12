import { Generator, realize } from "@tsuki/core";
import { castParameters, generate, Llama } from "@tsuki/nn";
import type { Prepared } from "../protocol.ts";
import type { DecodeWork } from "../workloads.ts";

/** One token a repetition, of texts that begin anew now and then. */
export async function prepareDecode({ config, dtype, tokens }: DecodeWork): Promise<Prepared> {
  const model = new Llama(config, new Generator(1));
  if (dtype !== "float32") castParameters(model, dtype);
  await realize();
  const text = { maxNewTokens: tokens, window: config.maxPositionEmbeddings, temperature: 0 };
  let stream = generate(model, [1], text);
  const next = async (): Promise<void> => {
    while ((await stream.next()).done) stream = generate(model, [1], text);
  };
  // Both plans of a generation are there then.
  for (let token = 0; token < 3; token++) await next();
  return { facts: { bytes: weightBytes(model, dtype) }, run: next };
}

/** What one token reads of the weights: all but the rows of the embedding. */
function weightBytes(model: Llama, dtype: DecodeWork["dtype"]): number {
  const read = Object.entries(model.namedParameters()).filter(([name]) => !name.endsWith("embed_tokens.weight"));
  return read.reduce((sum, [, { size }]) => sum + size, 0) * (dtype === "float32" ? 4 : 2);
}
