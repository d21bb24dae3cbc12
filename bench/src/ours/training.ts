import { stats, type Tensor, tensor, type Variable } from "@tsuki/core";
import { loadSafetensors } from "@tsuki/core/files";
import { Moonlight } from "@tsuki/moe";
import { crossEntropy, inference, Llama } from "@tsuki/nn";
import { AdamW, MuonWithAdamW, moonlightGroups, type Optimizer } from "@tsuki/optim";
import type { Prepared } from "../protocol.ts";
import type { TrainingWork } from "../workloads.ts";

export interface Training extends Prepared {
  /** Builds the graph of a step and runs it; the loss before the update. */
  step(): Promise<number>;
  /** Builds the graph of a step; `update` records what the optimizer does. */
  build(): Tensor;
  /** The loss of a batch, without training on it. */
  validate(): Promise<number>;
  /** The most bytes that variables and arena have had after a step. */
  mostBytes(): number;
}

/** A model, its optimizer and its tokens. */
export async function openTraining(work: TrainingWork): Promise<Training> {
  const { ids, ...weights } = (await loadSafetensors(work.file)).tensors;
  const [batches, batch, width] = ids.shape;
  const model = work.model.name === "llama" ? new Llama(work.model.config) : new Moonlight(work.model.config);
  model.loadStateDict(weights);
  const optimizer = optimizerOf(work, model.namedParameters());

  let taken = 0;
  const size = batch * width;
  let most = 0;
  const lossOfNext = (): Tensor => {
    const start = (taken++ % batches) * size;
    const tokens = tensor(ids.data.slice(start, start + size) as Int32Array, { shape: [batch, width] });
    return crossEntropy(model.call(tokens.slice(1, 0, -1)), tokens.slice(1, 1));
  };
  const build = (): Tensor => {
    const loss = lossOfNext();
    loss.backward();
    optimizer.update();
    return loss.keep();
  };
  const step = async (): Promise<number> => {
    const loss = await build().item();
    const { liveBytes, arenaBytes } = stats();
    most = Math.max(most, liveBytes + arenaBytes);
    return loss;
  };
  return {
    build,
    step,
    validate: () => inference(model, lossOfNext).item(),
    mostBytes: () => most,
    run: async () => void (await step()),
  };
}

/** A training whose first steps are done. */
export async function prepareTraining(work: TrainingWork): Promise<Training> {
  const training = await openTraining(work);
  for (let done = 0; done < work.checkedSteps; done++) await training.step();
  return { ...training, facts: { loss: await training.step() } };
}

function optimizerOf({ optimizer, lr }: TrainingWork, parameters: Record<string, Variable>): Optimizer {
  const options = { lr, weightDecay: 0.1 };
  if (optimizer === "adamw") return new AdamW(parameters, options);
  return new MuonWithAdamW(moonlightGroups(parameters), options);
}
