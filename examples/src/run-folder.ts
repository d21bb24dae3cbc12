import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { type Options, optionsFrom, UsageError } from "./options.ts";
import type { StepResult } from "./step.ts";

/** The line of `metrics.jsonl` for a training step. */
export interface StepMetrics extends StepResult {
  /** Steps done, this one among them. */
  readonly step: number;
  readonly lr: number;
  readonly tokensPerSecond: number;
  /** Since the run began, without the time between a stop and `--resume`. */
  readonly seconds: number;
}

/** The line of `metrics.jsonl` for a validation. */
export interface ValidationMetrics {
  /** Steps done. */
  readonly step: number;
  /** In nats per token. */
  readonly validationLoss: number;
  /** How much of the validation text was read. */
  readonly validation: "part" | "whole";
  readonly seconds: number;
}

/**
 * The folder of a run:
 *
 *     config.json       its options
 *     metrics.jsonl     an object a line
 *     lock              the process that trains
 *     checkpoints/      one folder each
 */
export class RunFolder {
  readonly path: string;
  readonly #metrics: number;

  private constructor(path: string) {
    this.path = path;
    lock(join(path, "lock"));
    this.#metrics = openSync(join(path, "metrics.jsonl"), "a");
  }

  /** @throws UsageError where the folder holds anything already, or cannot be made */
  static create(path: string, options: Options): RunFolder {
    const config = join(path, "config.json");
    if (existsSync(config)) {
      throw new UsageError(`error: --out ${path} holds a run already; --resume ${path} goes on with it`);
    }
    try {
      mkdirSync(path, { recursive: true });
      if (readdirSync(path).length > 0) throw new UsageError(`error: --out ${path} is not empty`);
      writeFileSync(`${config}.tmp`, `${JSON.stringify(options, null, 2)}\n`, { flush: true });
      renameSync(`${config}.tmp`, config);
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw new UsageError(`error: --out "${path}" cannot be written: ${(error as Error).message}`);
    }
    return new RunFolder(path);
  }

  static open(path: string): RunFolder {
    return new RunFolder(path);
  }

  get checkpoints(): string {
    return join(this.path, "checkpoints");
  }

  /** Bytes of the metrics so far. */
  get position(): number {
    return fstatSync(this.#metrics).size;
  }

  log(metrics: StepMetrics | ValidationMetrics): void {
    writeSync(this.#metrics, `${JSON.stringify(metrics)}\n`);
  }

  /** Forgets what was logged after a checkpoint, and a line that was cut off. */
  cutMetrics(position: number): void {
    const text = readFileSync(join(this.path, "metrics.jsonl")).subarray(0, position);
    ftruncateSync(this.#metrics, text.lastIndexOf("\n") + 1);
  }

  close(): void {
    closeSync(this.#metrics);
    rmSync(join(this.path, "lock"), { force: true });
  }
}

/**
 * Keeps a second process out of a run: both would write to its metrics. What a killed process left does not count.
 *
 * @throws UsageError that names the process
 */
function lock(file: string): void {
  const holder = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  if (holder > 0 && holder !== process.pid && isRunning(holder)) {
    throw new UsageError(`error: process ${holder} is training in this folder (${file})`);
  }
  writeFileSync(file, String(process.pid));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * The options of the run in a folder.
 *
 * @throws UsageError where it holds none
 */
export function recordedOptions(path: string): Options {
  const file = join(path, "config.json");
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new UsageError(`error: --resume ${path}: no run is there (${file} cannot be read)`);
  }
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`error: --resume ${path}: ${file} is no JSON (${(error as Error).message})`);
  }
  if (typeof record !== "object" || record === null)
    throw new UsageError(`error: --resume ${path}: ${file} holds no object`);
  return optionsFrom({ ...record }, file);
}
