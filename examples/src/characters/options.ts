import { resolve } from "node:path";
import { ConfigSchema, flag, values } from "@tsuki/train/node";
import { type CommonOptions, free, notNegative, paceFlags, positive, runFlags } from "../flags.ts";

const { notEmpty, whole } = values;

export interface Options extends CommonOptions {
  /** Path of a file; `null`: Moby-Dick. */
  readonly text: string | null;
  /** Sequences a step. */
  readonly batch: number;
  /** Bytes a sequence. */
  readonly sequence: number;
  readonly lr: number;
  readonly weightDecay: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly evalBatches: number;
  readonly prompt: string;
  /** Bytes that a sample adds. */
  readonly sampleLength: number;
  readonly temperature: number;
}

export const schema: ConfigSchema<Options> = new ConfigSchema<Options>(
  {
    Run: runFlags,
    Data: {
      text: flag<string | null>(
        "file",
        "text to learn; its last tenth is held out",
        (path) => resolve(notEmpty(path)),
        {
          words: "Moby-Dick",
          from: () => null,
        },
      ),
    },
    Training: {
      steps: flag("n", "training steps", whole(1), 400),
      batch: flag("n", "sequences a step", whole(1), 16),
      sequence: flag("n", "bytes a sequence", whole(2), 128),
      lr: flag("rate", "peak learning rate of Muon and AdamW", positive, 0.02),
      weightDecay: flag("rate", "decoupled weight decay", notNegative, 0.1),
    },
    Model: {
      hidden: flag("n", "width of the residual stream", whole(2), 96),
      layers: flag("n", "decoder layers", whole(1), 3),
      heads: flag("n", "attention heads; --hidden is an even multiple of it", whole(1), 4),
    },
    Report: {
      ...paceFlags({ evalEvery: 50, checkpointEvery: 100, logEvery: 25 }),
      evalBatches: flag("n", "batches of a validation; the last one takes the whole text", whole(1), 8),
      prompt: flag("text", "beginning of the samples", notEmpty, "The "),
      sampleLength: flag("n", "bytes that a sample adds", whole(1), 160),
      temperature: flag("t", "temperature of the samples; 0: greedy", notNegative, 0.7),
    },
  },
  {
    free,
    check({ hidden, heads }, refuse) {
      if (hidden % (2 * heads) !== 0) refuse(`--hidden ${hidden} is no even multiple of --heads ${heads}`);
    },
  },
);
