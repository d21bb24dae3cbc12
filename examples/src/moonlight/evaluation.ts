import { tensor } from "@tsuki/core";
import { languageModelLoss, type Moonlight } from "@tsuki/moe";
import { inference } from "@tsuki/nn";
import { windowStarts } from "./windows.ts";

/** A label whose prediction does not count. */
const ignored = -100;

export interface EvaluationOptions {
  readonly batch: number;
  readonly length: number;
  /** Batches, whose windows lie evenly over the text; default: the whole text. */
  readonly batches?: number;
}

/** Mean cross-entropy of a text in nats per token: of every token but the first, each predicted within its window. */
export async function validationLoss(model: Moonlight, text: Uint8Array, options: EvaluationOptions): Promise<number> {
  const { batch, length, batches } = options;
  const all = [...windowStarts(text.length, length)];
  const end = (all.at(-1) ?? 1 - length) + length - 1;
  if (end < text.length - 1) all.push(end);
  const starts = batches === undefined ? all : evenly(all, batches * batch);
  let [nats, tokens] = [0, 0];
  for (let row = 0; row < starts.length; row += batch) {
    const { ids, labels, counted } = batchOf(text, starts.slice(row, row + batch), batch, length);
    const loss = inference(model, () => languageModelLoss(model, ids, { labels }).crossEntropy);
    nats += (await loss.item()) * counted;
    tokens += counted;
  }
  return nats / tokens;
}

/** At most `count` of the items, spread evenly. */
function evenly<T>(items: readonly T[], count: number): readonly T[] {
  if (items.length <= count) return items;
  return Array.from({ length: count }, (_, index) => items[Math.floor((index * items.length) / count)]);
}

/** Windows of a text, filled up to one shape; what lies beyond the text does not count. */
function batchOf(text: Uint8Array, starts: readonly number[], batch: number, length: number) {
  const ids = new Int32Array(batch * length);
  const labels = new Int32Array(batch * length).fill(ignored);
  let counted = 0;
  for (const [row, start] of starts.entries()) {
    const window = text.subarray(start, start + length);
    ids.set(window, row * length);
    labels.set(window, row * length);
    counted += window.length - 1;
  }
  const shape = [batch, length];
  return { ids: tensor(ids, { shape }), labels: tensor(labels, { shape }), counted };
}
