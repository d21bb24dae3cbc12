import { ConfigSchema, flag, values } from "@tsuki/train/node";
import { type CommonOptions, free, paceFlags, positive, runFlags } from "../flags.ts";
import { type Options as MoonlightOptions, schema as moonlight } from "../moonlight/options.ts";

const { whole } = values;

export const optimizers = ["muon", "adamw"] as const;
export type OptimizerName = (typeof optimizers)[number];

/** What both runs are told. */
export interface Options extends CommonOptions {
  readonly muonLr: number;
  readonly adamwLr: number;
  readonly steps: number;
  /** Sequences a step. */
  readonly batch: number;
  /** Tokens a sequence. */
  readonly sequence: number;
  readonly evalBatches: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly experts: number;
}

/** Each default learning rate was chosen for this model and as many steps: half of it and double it are worse. */
export const schema: ConfigSchema<Options> = new ConfigSchema<Options>(
  {
    Run: runFlags,
    Optimizers: {
      muonLr: flag("rate", "peak learning rate of the run with Muon", positive, 0.024),
      adamwLr: flag("rate", "peak learning rate of the run with AdamW", positive, 0.024),
    },
    Training: {
      steps: flag("n", "steps of each run", whole(1), 300),
      batch: flag("n", "sequences a step", whole(1), 16),
      sequence: flag("n", "tokens a sequence", whole(2), 64),
    },
    Model: {
      hidden: flag("n", "width of the residual stream", whole(1), 64),
      layers: flag("n", "decoder layers, of which the first has no experts", whole(1), 3),
      heads: flag("n", "attention heads; divides --hidden", whole(1), 4),
      experts: flag("n", "routed experts of a layer", whole(2), 8),
    },
    Report: {
      ...paceFlags({ evalEvery: 10, checkpointEvery: 100, logEvery: 25 }),
      evalBatches: flag("n", "batches of a validation; the last one takes the whole text", whole(1), 8),
    },
  },
  {
    free,
    // Moonlight's own rules; they do not depend on the optimizer.
    check: (options) => void optionsOf(options, "muon"),
  },
);

/** What one of the two runs is told, as Moonlight's options. */
export function optionsOf({ muonLr, adamwLr, ...shared }: Options, optimizer: OptimizerName): MoonlightOptions {
  return moonlight.complete({ ...shared, optimizer, lr: optimizer === "muon" ? muonLr : adamwLr });
}
