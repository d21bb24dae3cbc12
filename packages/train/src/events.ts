/** What a run tells while it goes on; `metrics.jsonl` holds one a line. Plain data. */
export type RunEvent = StepEvent | ValidationEvent | ExpertsEvent | SampleEvent;

interface Moment {
  /** Steps done, this one among them. */
  readonly step: number;
  /** Tokens (or examples) trained on so far. */
  readonly tokens: number;
  /** Of the run, without the time between a stop and a resume. */
  readonly seconds: number;
}

/** A training step. */
export interface StepEvent extends Moment {
  readonly kind: "step";
  /** Of the batch, before the update. Language models: nats per token. */
  readonly loss: number;
  readonly lr: number;
  /** Global norm of the gradients before clipping. */
  readonly gradNorm: number;
  readonly tokensPerSecond: number;
  /** What the loss function reports besides, such as an accuracy. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** √mean(u²) of the update by optimizer, over all of its parameters; on observed steps. */
  readonly updateRms?: Readonly<Record<string, number>>;
}

/** A validation. */
export interface ValidationEvent extends Moment {
  readonly kind: "validation";
  readonly loss: number;
  /** How much of the validation set was read. */
  readonly part: "part" | "whole";
  readonly metrics?: Readonly<Record<string, number>>;
}

/** How the experts were loaded in a step. */
export interface ExpertsEvent extends Moment {
  readonly kind: "experts";
  /** A row for each layer with experts: tokens of each expert ÷ their mean, 1 in balance. */
  readonly load: readonly (readonly number[])[];
}

/** What the model writes. */
export interface SampleEvent extends Moment {
  readonly kind: "sample";
  readonly text: string;
}
