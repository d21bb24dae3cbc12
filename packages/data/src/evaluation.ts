import { checkOptions, type Tensor, tensor } from "@tsuki/core";
import { crossEntropy, inference, type LanguageModel } from "@tsuki/nn";
import { checkWhole } from "./checks.ts";
import { ignoredLabel } from "./collate.ts";
import { type Tokens, windowStarts } from "./token-windows.ts";

export interface EvaluationOptions {
  /** Windows of a batch. */
  readonly batch: number;
  /** Tokens of a window. */
  readonly length: number;
  /** Batches, whose windows lie evenly over the text; default: the whole text. */
  readonly batches?: number;
}

export interface EvaluationBatch {
  /** int32 [batch, length] */
  readonly ids: Tensor;
  /** The ids themselves, for a loss that predicts each from those before; `ignoredLabel` beyond the text. */
  readonly labels: Tensor;
  /** Predictions that the labels count: a mean loss over the text weighs each batch by it. */
  readonly counted: number;
}

/**
 * A text in windows, each of which has one token in common with the next, so that every token but the first is predicted
 * once, and only within its window. The batches have one shape: the last one is filled up with ignored labels.
 */
export function* evaluationBatches(tokens: Tokens, options: EvaluationOptions): Generator<EvaluationBatch, void> {
  checkOptions("evaluationBatches", options, "batch", "length", "batches");
  const { batch, length, batches = Number.POSITIVE_INFINITY } = options;
  checkWhole("evaluationBatches", "batch", batch, 1);
  checkWhole("evaluationBatches", "length", length, 2);
  if (options.batches !== undefined) checkWhole("evaluationBatches", "batches", batches, 1);
  const all = windowStarts(tokens.length, { length });
  const end = (all.at(-1) ?? 1 - length) + length - 1;
  if (end < tokens.length - 1) all.push(end);
  const starts = evenly(all, batches * batch);
  for (let row = 0; row < starts.length; row += batch)
    yield batchOf(tokens, starts.slice(row, row + batch), batch, length);
}

/** At most `count` of the items, spread evenly. */
function evenly<T>(items: readonly T[], count: number): readonly T[] {
  if (items.length <= count) return items;
  return Array.from({ length: count }, (_, index) => items[Math.floor((index * items.length) / count)]);
}

function batchOf(tokens: Tokens, starts: readonly number[], batch: number, length: number): EvaluationBatch {
  const ids = new Int32Array(batch * length);
  const labels = new Int32Array(batch * length).fill(ignoredLabel);
  let counted = 0;
  for (const [row, start] of starts.entries()) {
    const window = tokens.subarray(start, start + length);
    ids.set(window, row * length);
    labels.set(window, row * length);
    counted += window.length - 1;
  }
  const shape = [batch, length];
  return { ids: tensor(ids, { shape }), labels: tensor(labels, { shape }), counted };
}

/** Mean cross-entropy of a text in nats per token: of every token but the first, each predicted within its window. */
export async function validationLoss(
  model: LanguageModel,
  tokens: Tokens,
  options: EvaluationOptions,
): Promise<number> {
  let [nats, predictions] = [0, 0];
  for (const { ids, labels, counted } of evaluationBatches(tokens, options)) {
    const loss = inference(model, () => crossEntropy(model.call(ids).slice(1, 0, -1), labels.slice(1, 1)));
    nats += (await loss.item()) * counted;
    predictions += counted;
  }
  return nats / predictions;
}
