import { ConfigSchema, flag, values } from "@tsuki/train/node";
import { type CommonOptions, free, notNegative, paceFlags, positive, runFlags } from "../flags.ts";

const { whole } = values;

export interface Options extends CommonOptions {
  /** Digits a step. */
  readonly batch: number;
  readonly lr: number;
  readonly weightDecay: number;
  /** Pixels by which a digit is moved at most while the model trains. */
  readonly shift: number;
  /** Width of the hidden layer. */
  readonly hidden: number;
}

export const schema: ConfigSchema<Options> = new ConfigSchema<Options>(
  {
    Run: runFlags,
    Training: {
      steps: flag("n", "training steps", whole(1), 2000),
      batch: flag("n", "digits a step", whole(1), 100),
      lr: flag("rate", "peak learning rate of AdamW", positive, 2e-3),
      weightDecay: flag("rate", "decoupled weight decay", notNegative, 0.1),
      shift: flag("n", "pixels by which a digit is moved at most, at random in each epoch", whole(0, 27), 2),
    },
    Model: { hidden: flag("n", "width of the hidden layer", whole(1), 256) },
    Report: paceFlags({ evalEvery: 100, checkpointEvery: 500, logEvery: 100 }),
  },
  { free },
);
