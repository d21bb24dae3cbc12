import { Generator, type Tensor, tensor } from "@tsuki/core";
import { inference, KVCache, type LanguageModel } from "@tsuki/nn";
import fc from "fast-check";
import { expect } from "vitest";

/** Token ids [rows, length], and how many places of each row are padding on the left. */
export interface Batch {
  readonly ids: readonly (readonly number[])[];
  readonly padding: readonly number[];
}

/** Tokens of a row. */
export const length = 6;
/** Those of them that the first call of the model is given. */
export const first = 4;

/** A text: its tokens by seed, the padding of the second row, and how many places of the first call are kept. */
export const texts: fc.Arbitrary<{ seed: number; padding: number; kept: number }> = fc.record({
  seed: fc.nat(1000),
  padding: fc.integer({ min: 0, max: first - 1 }),
  kept: fc.integer({ min: 1, max: first }),
});

/** The batch of a seed: the padding of the first row is 0. */
export async function batchOf(
  seed: number,
  padding: readonly number[],
  length: number,
  vocabulary: number,
): Promise<Batch> {
  const uniform = await new Generator(seed).uniform([padding.length, length]).data();
  const row = (_: number, r: number): number[] =>
    Array.from({ length }, (_unused, place) => Math.floor(uniform[r * length + place] * vocabulary));
  return { ids: padding.map(row), padding };
}

const idsFrom = ({ ids }: Batch, start: number, end: number): Tensor =>
  tensor(
    ids.map((row) => row.slice(start, end)),
    { dtype: "int32" },
  );

/** The logits of every place, [rows][length][V], from one forward. */
export function fullLogits(model: LanguageModel, batch: Batch, context: object = {}): Tensor {
  const places = batch.ids[0].map((_, place) => place);
  const mask = tensor(batch.padding.map((padding) => places.map((place) => place >= padding)));
  const positions = tensor(
    batch.padding.map((padding) => places.map((place) => Math.max(place - padding, 0))),
    { dtype: "int32" },
  );
  return inference(model, () => model.call(idsFrom(batch, 0, places.length), { mask, positions, ...context }));
}

/** The same from a first call on `first` places, of whose logits `kept` count, and one call for each place that follows. */
export async function cachedLogits(
  model: LanguageModel,
  batch: Batch,
  { first, kept }: { readonly first: number; readonly kept: number },
): Promise<number[][][]> {
  const length = batch.ids[0].length;
  const cache = new KVCache({ capacity: length });
  const padding = tensor(Int32Array.from(batch.padding));
  const run = async (logits: Tensor): Promise<number[][][]> => (await logits.array()) as number[][][];
  const rows = await run(
    inference(model, () => model.call(idsFrom(batch, 0, first), cache.prefill(first, { kept, padding }))),
  );
  const logits = rows.map((row) => row.slice(0, kept));
  for (let place = kept; place < length; place++) {
    const next = await run(inference(model, () => model.call(idsFrom(batch, place, place + 1), cache.extend())));
    for (const [row, [of]] of next.entries()) logits[row].push(of);
  }
  cache.dispose();
  return logits;
}

/** Fails where the logits of a place that is no padding are further apart than `tolerance` times the largest one. */
export function expectSameLogits(
  actual: readonly (readonly (readonly number[])[])[],
  expected: readonly (readonly (readonly number[])[])[],
  { padding }: Batch,
  tolerance: number,
): void {
  const rows = expected.map((row, r) => row.slice(padding[r]).flat());
  const largest = Math.max(...rows.flat().map(Math.abs));
  for (const [r, row] of rows.entries()) {
    const own = actual[r].slice(padding[r]).flat();
    expect(own.length).toBe(row.length);
    const off = Math.max(...row.map((value, i) => Math.abs(value - own[i])));
    expect(off).toBeLessThanOrEqual(tolerance * largest);
  }
}
