/** Training runs: a trainer, checkpoints that resume bit for bit, and what a run tells while it goes on. */
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint, type MicroBatch, type Position } from "./checkpoint.ts";
export type { ExpertsEvent, RunEvent, SampleEvent, StepEvent, ValidationEvent } from "./events.ts";
export type { BatchSource, Stateful } from "./stateful.ts";
export { NonFiniteLossError, type Objective, Trainer, type TrainerOptions, type Validation } from "./trainer.ts";
