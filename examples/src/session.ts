import { defaultDevice, Generator, readAll, TsukiError } from "@tsuki/core";
import { type Moonlight, toHuggingFace } from "@tsuki/moe";
import { type Optimizer, type ParameterGroups, type Schedule, warmupCosine } from "@tsuki/optim";
import { type Checkpoint, loadNewestCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import { validationLoss } from "./evaluation.ts";
import { groupsOf, makeModel, makeOptimizer } from "./model.ts";
import { type Options, UsageError } from "./options.ts";
import type { RunFolder, StepMetrics, ValidationMetrics } from "./run-folder.ts";
import { sampleText } from "./sampling.ts";
import { dataOrder, samples, seedOf } from "./seeds.ts";
import { trainingStep } from "./step.ts";
import type { Corpus } from "./text.ts";
import { Windows } from "./windows.ts";

/** A training in progress: all that a checkpoint holds. Every step, validation and checkpoint is logged in its folder. */
export class Session {
  readonly options: Options;
  readonly corpus: Corpus;
  readonly model: Moonlight;
  readonly groups: ParameterGroups;
  /** Steps done. */
  step = 0;
  /** The step of the newest checkpoint. */
  saved = 0;
  /** The last one. */
  validationLoss: number | null = null;
  bestValidationLoss: number | null = null;
  readonly #folder: RunFolder;
  readonly #optimizer: Optimizer;
  readonly #schedule: Schedule;
  readonly #windows: Windows;
  readonly #sampler: Generator;
  #secondsBefore = 0;
  #began = performance.now();

  constructor(options: Options, corpus: Corpus, windows: Windows, folder: RunFolder) {
    this.options = options;
    this.corpus = corpus;
    this.model = makeModel(options);
    this.groups = groupsOf(this.model, options);
    this.#folder = folder;
    this.#optimizer = makeOptimizer(this.groups, options);
    this.#schedule = warmupCosine({
      peak: options.lr,
      warmupSteps: options.warmup,
      totalSteps: options.steps,
      final: options.lr * options.finalLr,
    });
    this.#windows = windows;
    this.#sampler = new Generator(seedOf(options.seed, samples));
  }

  /** Seconds of training so far, without the time between a stop and `--resume`. */
  get seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#began) / 1000;
  }

  get tokensPerStep(): number {
    return this.options.batch * this.options.sequence;
  }

  /** @throws TsukiError where the loss is no number any more: the weights are lost, the last checkpoint is not. */
  async train(): Promise<StepMetrics> {
    const began = performance.now();
    const lr = this.#schedule(this.step);
    const result = await trainingStep(this.model, this.#optimizer, this.#windows.next(), {
      ...this.options,
      lr,
    });
    const step = ++this.step;
    if (!Number.isFinite(result.loss)) {
      const last =
        this.saved > 0 ? `the newest checkpoint is that of step ${this.saved}` : "there is no checkpoint yet";
      throw new TsukiError(`the loss of step ${step} is ${result.loss}: a lower --lr may help; ${last}`);
    }
    const tokensPerSecond = (this.tokensPerStep * 1000) / (performance.now() - began);
    const metrics = { step, ...result, lr, tokensPerSecond, seconds: this.seconds };
    this.#folder.log(metrics);
    return metrics;
  }

  /** Loss on the validation text: on the windows of `evalBatches` batches, or on the whole text. */
  async validate(validation: "part" | "whole"): Promise<ValidationMetrics> {
    const { batch, sequence: length, evalBatches } = this.options;
    const size = validation === "part" ? { batch, length, batches: evalBatches } : { batch, length };
    const loss = await validationLoss(this.model, this.corpus.validation, size);
    this.validationLoss = loss;
    this.bestValidationLoss = Math.min(loss, this.bestValidationLoss ?? loss);
    const metrics = { step: this.step, validationLoss: loss, validation, seconds: this.seconds };
    this.#folder.log(metrics);
    return metrics;
  }

  sample(signal: AbortSignal): Promise<string> {
    return sampleText(this.model, this.#sampler, this.options, signal);
  }

  async save(): Promise<void> {
    const { tensors, steps } = this.#optimizer.stateDict();
    const checkpoint: Checkpoint = {
      weights: await this.model.stateDict(),
      optimizer: await readAll(tensors),
      position: {
        step: this.step,
        seconds: this.seconds,
        validationLoss: this.validationLoss,
        bestValidationLoss: this.bestValidationLoss,
        optimizerSteps: steps,
        data: this.#windows.state(),
        sampling: this.#sampler.state(),
        metrics: this.#folder.position,
        contracted: await isContracted(),
      },
    };
    await saveCheckpoint(
      this.#folder.checkpoints,
      checkpoint,
      toHuggingFace(this.model.config),
      this.options.keepCheckpoints,
    );
    this.saved = this.step;
  }

  /** Goes on from the newest checkpoint of the folder, or from the beginning where there is none. */
  async restore(warn: (text: string) => void): Promise<void> {
    const checkpoint = await loadNewestCheckpoint(this.#folder.checkpoints);
    this.#folder.cutMetrics(checkpoint?.position.metrics ?? 0);
    if (checkpoint === null) return;
    const { weights, optimizer, position } = checkpoint;
    this.model.loadStateDict(weights);
    this.#optimizer.loadStateDict({ tensors: optimizer, steps: position.optimizerSteps });
    this.#windows.restore(position.data);
    this.#sampler.restore(position.sampling);
    this.step = position.step;
    this.saved = position.step;
    this.validationLoss = position.validationLoss;
    this.bestValidationLoss = position.bestValidationLoss;
    this.#secondsBefore = position.seconds;
    this.#began = performance.now();
    if (position.contracted !== (await isContracted())) {
      warn("the run began on an engine that rounds multiply-adds differently: it goes on, but not with the same bits");
    }
  }
}

/**
 * The order of the training text's windows.
 *
 * @throws UsageError where the text is too short for a batch
 */
export function windowsOf({ training }: Corpus, { batch, sequence, seed }: Options): Windows {
  try {
    return new Windows(training, { batch, length: sequence, seed: seedOf(seed, dataOrder) });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`error: --batch ${batch} of --sequence ${sequence}: ${error.message}`);
  }
}

/** Whether the device rounds a multiply-add once: bits depend on it. */
async function isContracted(): Promise<boolean> {
  const backend = await defaultDevice().backend();
  return "contracted" in backend && backend.contracted === true;
}
