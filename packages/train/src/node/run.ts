import type { StepEvent } from "../events.ts";
import { NonFiniteLossError, type Trainer } from "../trainer.ts";
import { loadNewestCheckpoint, saveCheckpoint } from "./checkpoint-files.ts";
import { makeProgress } from "./progress.ts";
import type { RunFolder } from "./run-folder.ts";

export interface RunOptions<B> {
  readonly folder: RunFolder;
  /** Tells its events to `folder.log`. */
  readonly trainer: Trainer<B>;
  /** Steps of the whole run. */
  readonly steps: number;
  readonly checkpointEvery: number;
  /** Newest checkpoints that are kept. */
  readonly keep: number;
  /** Steps between validations. */
  readonly evalEvery: number;
  /** Steps between lines, where no terminal shows a bar. */
  readonly logEvery: number;
  /** The `config.json` of a checkpoint. */
  readonly modelConfig: Readonly<Record<string, unknown>>;
}

/** A training in its folder: it is saved now and then, and goes on where its newest checkpoint is. */
export class Run<B> {
  readonly #options: RunOptions<B>;
  /** The place of the newest checkpoint: step and micro-batches. */
  #saved = "0+0";

  constructor(options: RunOptions<B>) {
    this.#options = options;
  }

  /** Goes on from the newest checkpoint of the folder, or from the beginning where there is none. */
  async restore(warn: (text: string) => void): Promise<void> {
    const { folder, trainer } = this.#options;
    const checkpoint = await loadNewestCheckpoint(folder.checkpoints);
    folder.cutMetrics(checkpoint?.metrics ?? 0);
    if (checkpoint === null) return;
    if (!(await trainer.restore(checkpoint))) {
      warn("the run began on an engine that rounds multiply-adds differently: it goes on, but not with the same bits");
    }
    this.#saved = this.#place;
  }

  /**
   * Trains up to a step, or until the signal; everything done is in a checkpoint then.
   *
   * @throws NonFiniteLossError with the newest checkpoint to go back to
   */
  async train(end: number, signal: AbortSignal): Promise<void> {
    const { trainer, steps, evalEvery, checkpointEvery, logEvery } = this.#options;
    const last = Math.min(end, steps);
    if (trainer.step >= last) return;
    const progress = makeProgress(process.stdout, { steps, done: trainer.step, logEvery, signal });
    try {
      while (trainer.step < last && !signal.aborted) {
        const event = await this.#step(signal);
        if (event === null) break;
        if (trainer.step % evalEvery === 0 && trainer.step < steps) await trainer.validate("part");
        if (trainer.step % checkpointEvery === 0) await this.save();
        progress.show(event, trainer.validationLoss);
      }
    } finally {
      progress.end();
    }
    if (this.#saved !== this.#place) await this.save();
  }

  async save(): Promise<void> {
    const { folder, trainer, modelConfig, keep } = this.#options;
    const checkpoint = await trainer.checkpoint();
    await saveCheckpoint(folder.checkpoints, { ...checkpoint, metrics: folder.position }, modelConfig, keep);
    this.#saved = this.#place;
  }

  async #step(signal: AbortSignal): Promise<StepEvent | null> {
    try {
      return await this.#options.trainer.train(signal);
    } catch (error) {
      if (!(error instanceof NonFiniteLossError)) throw error;
      const saved = this.#saved.split("+")[0];
      const last = saved === "0" ? "there is no checkpoint yet" : `the newest checkpoint is that of step ${saved}`;
      throw new NonFiniteLossError(`${error.message}: a lower --lr may help; ${last}`, { cause: error });
    }
  }

  get #place(): string {
    const { step, accumulated } = this.#options.trainer;
    return `${step}+${accumulated}`;
  }
}
