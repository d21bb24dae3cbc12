import { type EvaluationOptions, evaluationBatches } from "@tsuki/data";
import { languageModelLoss, type Moonlight } from "@tsuki/moe";
import { inference } from "@tsuki/nn";

/** Mean cross-entropy of a text in nats per token: of every token but the first, each predicted within its window. */
export async function validationLoss(model: Moonlight, text: Uint8Array, options: EvaluationOptions): Promise<number> {
  let [nats, tokens] = [0, 0];
  for (const { ids, labels, counted } of evaluationBatches(text, options)) {
    const loss = inference(model, () => languageModelLoss(model, ids, { labels }).crossEntropy);
    nats += (await loss.item()) * counted;
    tokens += counted;
  }
  return nats / tokens;
}
