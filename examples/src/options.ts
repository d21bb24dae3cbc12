import { notEmpty, number, oneOf, whole } from "./flag-values.ts";

/** What a run is told to do. Every field is a flag; plain data, kept in the run's `config.json`. */
export interface Options {
  readonly seed: number;
  readonly device: "wasm" | "reference";
  /** `null`: one a core. */
  readonly threads: number | null;

  readonly steps: number;
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

  readonly evalEvery: number;
  readonly evalBatches: number;
  readonly checkpointEvery: number;
  readonly keepCheckpoints: number;
  readonly logEvery: number;
  readonly prompt: string;
  readonly sampleLength: number;
  readonly temperature: number;
}

/** A command line that cannot be followed; the message is one line that names the flag. */
export class UsageError extends Error {}

/** A flag's placeholder, description and values. */
export interface Flag<T> {
  readonly placeholder: string;
  readonly about: string;
  readonly parse: (text: string) => T;
  /** The default, or how it follows from the other options, with words for the help. */
  readonly initial: T | Derived<T>;
}

export interface Derived<T> {
  readonly words: string;
  readonly from: (options: Options) => T;
}

/** Flags by field, in the order of the help: `topK` is `--top-k`. */
export type Flags = { readonly [Name in keyof Options]: Flag<Options[Name]> };

const runFlags = {
  seed: flag("n", "seed of initial weights, data order and samples", whole(0, 2 ** 32 - 1), 1),
  device: flag("name", "wasm, or reference (slow: the plain-reading oracle)", oneOf("wasm", "reference"), "wasm"),
  threads: flag<number | null>("n", "threads that compute", whole(1, 64), { words: "one a core", from: () => null }),
};

const trainingFlags = {
  steps: flag("n", "training steps", whole(1), 300),
  batch: flag("n", "sequences a step", whole(1), 16),
  sequence: flag("n", "tokens a sequence", whole(2), 128),
  optimizer: flag("name", "muon (matrices; AdamW takes the rest), or adamw", oneOf("muon", "adamw"), "muon"),
  lr: flag(
    "rate",
    "peak learning rate",
    number("> 0", (x) => x > 0),
    {
      words: "0.006 for muon, 0.0015 for adamw",
      from: ({ optimizer }) => (optimizer === "muon" ? 6e-3 : 1.5e-3),
    },
  ),
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
  weightDecay: flag(
    "rate",
    "decoupled weight decay",
    number("≥ 0", (x) => x >= 0),
    0.1,
  ),
  momentum: flag(
    "mu",
    "momentum of muon",
    number("in [0, 1)", (x) => x >= 0 && x < 1),
    0.95,
  ),
  clip: flag(
    "norm",
    "largest global norm of the gradients; 0: no clipping",
    number("≥ 0", (x) => x >= 0),
    1,
  ),
  biasRate: flag(
    "rate",
    "step of the router biases, which balance the experts",
    number("≥ 0", (x) => x >= 0),
    1e-3,
  ),
  auxLoss: flag(
    "factor",
    "coefficient of the sequence-wise auxiliary loss",
    number("≥ 0", (x) => x >= 0),
    1e-4,
  ),
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
  routedScaling: flag(
    "factor",
    "sum of the weights of a token's experts",
    number("> 0", (x) => x > 0),
    {
      // Keeps the norm of the output near that of a dense layer: Moonlight's 2.446 for 6 of 64 experts is √6 but for 0.1%.
      words: "√top-k",
      from: ({ topK }) => Math.sqrt(topK),
    },
  ),
  initStd: flag(
    "std",
    "standard deviation of initial weights",
    number("> 0", (x) => x > 0),
    0.02,
  ),
};

const reportFlags = {
  evalEvery: flag("n", "steps between validations", whole(1), 50),
  evalBatches: flag("n", "batches of a validation; the last one takes the whole text", whole(1), 8),
  checkpointEvery: flag("n", "steps between checkpoints", whole(1), 100),
  keepCheckpoints: flag("n", "newest checkpoints that are kept", whole(1), 2),
  logEvery: flag("n", "steps between lines, where no terminal shows a bar", whole(1), 10),
  prompt: flag("text", "beginning of the samples", notEmpty, "The white whale "),
  sampleLength: flag("n", "bytes that a sample adds; 0: no samples", whole(0), 200),
  temperature: flag(
    "t",
    "temperature of the samples; 0: greedy",
    number("≥ 0", (x) => x >= 0),
    0.8,
  ),
};

const flags: Flags = { ...runFlags, ...trainingFlags, ...modelFlags, ...reportFlags };

/** Flags under the headings of the help. */
export const flagGroups: Readonly<Record<string, Partial<Flags>>> = {
  Run: runFlags,
  Training: trainingFlags,
  Model: modelFlags,
  Report: reportFlags,
};

/** The options, in the order of the help. */
export const optionNames: readonly (keyof Options)[] = Object.keys(flags) as (keyof Options)[];

/**
 * All options, with defaults where nothing was given.
 *
 * @throws UsageError that names options which do not fit together
 */
export function complete(given: Partial<Options>): Options {
  const options = {} as { -readonly [Name in keyof Options]: Options[Name] };
  const fill = <Name extends keyof Options>(name: Name, value: Options[Name]): void => {
    options[name] = given[name] ?? value;
  };
  // Derived ones come last: they follow from others.
  for (const name of optionNames) if (!isDerived(flags[name].initial)) fill(name, flags[name].initial);
  for (const name of optionNames) {
    const { initial } = flags[name];
    if (isDerived(initial)) fill(name, initial.from(options));
  }
  checkTogether(options);
  return options;
}

/**
 * Options as a file holds them, checked as flags are.
 *
 * @throws UsageError that names the field
 */
export function optionsFrom(record: Readonly<Record<string, unknown>>, file: string): Options {
  const given: Record<string, unknown> = {};
  for (const name of optionNames) {
    const value = Object.hasOwn(record, name) ? record[name] : undefined;
    if (value === undefined) throw new UsageError(`error: ${file}: "${name}" is missing`);
    if (value === null && name === "threads") continue;
    try {
      given[name] = flags[name].parse(String(value));
    } catch (error) {
      throw new UsageError(`error: ${file}: "${name}" is ${JSON.stringify(value)}. ${(error as Error).message}`);
    }
  }
  return complete(given);
}

function checkTogether({ hidden, heads, topK, experts, denseLayers, layers, ropeDim, warmup, steps }: Options): void {
  const refuse = (message: string): never => {
    throw new UsageError(`error: ${message}`);
  };
  if (hidden % heads !== 0) refuse(`--heads ${heads} does not divide --hidden ${hidden}`);
  if (topK > experts) refuse(`--top-k ${topK} exceeds --experts ${experts}`);
  if (denseLayers > layers) refuse(`--dense-layers ${denseLayers} exceeds --layers ${layers}`);
  if (ropeDim % 2 !== 0) refuse(`--rope-dim ${ropeDim} is odd: pairs are rotated`);
  if (warmup > steps) refuse(`--warmup ${warmup} exceeds --steps ${steps}`);
}

function flag<T>(
  placeholder: string,
  about: string,
  parse: (text: string) => T,
  initial: NoInfer<T> | Derived<NoInfer<T>>,
): Flag<T> {
  return { placeholder, about, parse, initial };
}

/** Whether a default follows from other options. */
export function isDerived<T>(initial: T | Derived<T>): initial is Derived<T> {
  return typeof initial === "object" && initial !== null;
}
