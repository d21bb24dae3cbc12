import { ConfigSchema, type Derived, type Flag, flag as makeFlag, values } from "@tsuki/train/node";
import { type CommonOptions, free, notNegative, paceFlags, positive, runFlags } from "../flags.ts";

const { notEmpty, number, oneOf, whole } = values;

/** What a run is told to do. Every field is a flag; plain data, kept in the run's `config.json`. */
export interface Options extends CommonOptions {
  /** Sequences a step. */
  readonly batch: number;
  /** Tokens a sequence. */
  readonly sequence: number;
  readonly optimizer: "muon" | "adamw";
  readonly lr: number;
  readonly warmup: number;
  /** The last lr as a part of `lr`. */
  readonly finalLr: number;
  readonly weightDecay: number;
  readonly momentum: number;
  /** 0: the norm is only measured. */
  readonly clip: number;
  readonly biasRate: number;
  readonly auxLoss: number;

  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly latent: number;
  readonly ropeDim: number;
  readonly denseLayers: number;
  readonly denseWidth: number;
  readonly experts: number;
  readonly topK: number;
  readonly sharedExperts: number;
  readonly expertWidth: number;
  readonly routedScaling: number;
  readonly initStd: number;

  readonly evalBatches: number;
  readonly prompt: string;
  readonly sampleLength: number;
  readonly temperature: number;
}

const flag = <T>(
  placeholder: string,
  about: string,
  parse: (text: string) => T,
  initial: NoInfer<T> | Derived<NoInfer<T>, Options>,
): Flag<T, Options> => makeFlag<T, Options>(placeholder, about, parse, initial);

const trainingFlags = {
  steps: flag("n", "training steps", whole(1), 300),
  batch: flag("n", "sequences a step", whole(1), 16),
  sequence: flag("n", "tokens a sequence", whole(2), 128),
  optimizer: flag("name", "muon (matrices; AdamW takes the rest), or adamw", oneOf("muon", "adamw"), "muon"),
  lr: flag("rate", "peak learning rate", positive, {
    words: "0.006 for muon, 0.0015 for adamw",
    from: ({ optimizer }) => (optimizer === "muon" ? 6e-3 : 1.5e-3),
  }),
  warmup: flag("n", "steps of the linear rise from 0 to the peak", whole(0), {
    words: "a tenth of the steps, at most 100",
    from: ({ steps }) => Math.min(100, Math.floor(steps / 10)),
  }),
  finalLr: flag(
    "part",
    "part of the peak at which the cosine ends",
    number("in [0, 1]", (x) => x >= 0 && x <= 1),
    0.1,
  ),
  weightDecay: flag("rate", "decoupled weight decay", notNegative, 0.1),
  momentum: flag(
    "mu",
    "momentum of muon",
    number("in [0, 1)", (x) => x >= 0 && x < 1),
    0.95,
  ),
  clip: flag("norm", "largest global norm of the gradients; 0: no clipping", notNegative, 1),
  biasRate: flag("rate", "step of the router biases, which balance the experts", notNegative, 1e-3),
  auxLoss: flag("factor", "coefficient of the sequence-wise auxiliary loss", notNegative, 1e-4),
};

const modelFlags = {
  hidden: flag("n", "width of the residual stream", whole(1), 128),
  layers: flag("n", "decoder layers", whole(1), 4),
  heads: flag("n", "attention heads; divides --hidden", whole(1), 4),
  latent: flag("n", "width of the latent of keys and values", whole(1), {
    words: "half of --hidden",
    from: ({ hidden }) => Math.ceil(hidden / 2),
  }),
  ropeDim: flag("n", "rotated part of a head, even", whole(2), {
    words: "half of a head",
    from: ({ hidden, heads }) => 2 * Math.max(1, Math.round(hidden / heads / 4)),
  }),
  denseLayers: flag("n", "first layers that have no experts", whole(0), 1),
  denseWidth: flag("n", "width of a dense layer's SwiGLU", whole(1), {
    words: "3 × --hidden",
    from: ({ hidden }) => 3 * hidden,
  }),
  experts: flag("n", "routed experts of a layer", whole(1), 8),
  topK: flag("n", "routed experts that a token uses", whole(1), 2),
  sharedExperts: flag("n", "experts that every token uses", whole(0), 1),
  expertWidth: flag("n", "width of an expert's SwiGLU", whole(1), {
    words: "--hidden",
    from: ({ hidden }) => hidden,
  }),
  routedScaling: flag("factor", "sum of the weights of a token's experts", positive, {
    // Keeps the norm of the output near that of a dense layer: Moonlight's 2.446 for 6 of 64 experts is √6 but for 0.1%.
    words: "√top-k",
    from: ({ topK }) => Math.sqrt(topK),
  }),
  initStd: flag("std", "standard deviation of initial weights", positive, 0.02),
};

const reportFlags = {
  ...paceFlags({ evalEvery: 50, checkpointEvery: 100, logEvery: 10 }),
  evalBatches: flag("n", "batches of a validation; the last one takes the whole text", whole(1), 8),
  prompt: flag("text", "beginning of the samples", notEmpty, "The white whale "),
  sampleLength: flag("n", "bytes that a sample adds; 0: no samples", whole(0), 200),
  temperature: flag("t", "temperature of the samples; 0: greedy", notNegative, 0.8),
};

/** The flags of `npm start`. */
export const schema: ConfigSchema<Options> = new ConfigSchema<Options>(
  { Run: runFlags, Training: trainingFlags, Model: modelFlags, Report: reportFlags },
  {
    free,
    check: ({ hidden, heads, topK, experts, denseLayers, layers, ropeDim, warmup, steps }, refuse) => {
      if (hidden % heads !== 0) refuse(`--heads ${heads} does not divide --hidden ${hidden}`);
      if (topK > experts) refuse(`--top-k ${topK} exceeds --experts ${experts}`);
      if (denseLayers > layers) refuse(`--dense-layers ${denseLayers} exceeds --layers ${layers}`);
      if (ropeDim % 2 !== 0) refuse(`--rope-dim ${ropeDim} is odd: pairs are rotated`);
      if (warmup > steps) refuse(`--warmup ${warmup} exceeds --steps ${steps}`);
    },
  },
);
