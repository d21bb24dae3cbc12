/** Training runs in Node: folders, checkpoints on disk, command lines, progress. */
export { loadNewestCheckpoint, type SavedCheckpoint, saveCheckpoint } from "./node/checkpoint-files.ts";
export { type CommandLineOptions, type Invocation, parseCommandLine } from "./node/command-line.ts";
export {
  ConfigSchema,
  type Derived,
  type Flag,
  type Flags,
  flag,
  flagOf,
  type SchemaOptions,
} from "./node/config-schema.ts";
export * as values from "./node/flag-values.ts";
export { clock, count } from "./node/format.ts";
export { type Interruption, interruption } from "./node/interruption.ts";
export { trainingProcess } from "./node/lock.ts";
export {
  type CommonConfig,
  type Dashboard,
  type Program,
  recordedConfig,
  runProgram,
  say,
  type Task,
} from "./node/program.ts";
export { Run, type RunOptions } from "./node/run.ts";
export { newRunPath, RunFolder, type RunRecord, readRecord } from "./node/run-folder.ts";
export { seedOf } from "./node/seeds.ts";
export { UsageError } from "./node/usage-error.ts";
