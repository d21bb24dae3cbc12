import { type EvaluationOptions, evaluationBatches } from "@tsuki/data";
import { crossEntropy, inference, type LanguageModel } from "@tsuki/nn";

/** Mean cross-entropy of a text in nats per token: of every token but the first, each predicted within its window. */
export async function validationLoss(
  model: LanguageModel,
  text: Uint8Array,
  options: EvaluationOptions,
): Promise<number> {
  let [nats, tokens] = [0, 0];
  for (const { ids, labels, counted } of evaluationBatches(text, options)) {
    const loss = inference(model, () => crossEntropy(model.call(ids).slice(1, 0, -1), labels.slice(1, 1)));
    nats += (await loss.item()) * counted;
    tokens += counted;
  }
  return nats / tokens;
}
