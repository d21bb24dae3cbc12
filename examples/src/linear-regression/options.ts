import { ConfigSchema, flag, values } from "@tsuki/train/node";
import { type CommonOptions, free, notNegative, paceFlags, positive, runFlags } from "../flags.ts";

const { whole } = values;

export interface Options extends CommonOptions {
  readonly features: number;
  /** To train on; as many again are held out. */
  readonly points: number;
  readonly noise: number;
  /** Points a step. */
  readonly batch: number;
  readonly lr: number;
}

export const schema: ConfigSchema<Options> = new ConfigSchema<Options>(
  {
    Run: runFlags,
    Data: {
      features: flag("n", "numbers of a point, and weights to find", whole(1, 100), 4),
      points: flag("n", "points to train on; as many again are held out", whole(2), 1000),
      noise: flag("std", "standard deviation of what is added to y", notNegative, 0.5),
    },
    Training: {
      steps: flag("n", "training steps", whole(1), 300),
      batch: flag("n", "points a step", whole(1), 50),
      lr: flag("rate", "learning rate at first; it falls to 0", positive, 0.05),
    },
    Report: paceFlags({ evalEvery: 10, checkpointEvery: 100, logEvery: 20 }),
  },
  {
    free,
    check({ batch, points, features }, refuse) {
      if (batch > points) refuse(`--batch ${batch} exceeds --points ${points}`);
      if (features >= points) refuse(`--features ${features}: --points ${points} do not determine as many weights`);
    },
  },
);
