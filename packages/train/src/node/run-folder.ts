import {
  appendFileSync,
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
} from "node:fs";
import { join } from "node:path";
import type { RunEvent } from "../events.ts";
import { CsvLog } from "./csv-log.ts";
import { lock, lockOf } from "./lock.ts";
import { UsageError } from "./usage-error.ts";

/** What `config.json` holds. */
export interface RunRecord {
  /** Which program trains. */
  readonly program: string;
  /** What it was told; plain data. */
  readonly config: object;
  /** Versions and machine with which the run began. */
  readonly environment: Readonly<Record<string, unknown>>;
}

/**
 * The folder of a run:
 *
 *     config.json       a `RunRecord`
 *     metrics.jsonl     a `RunEvent` a line
 *     metrics.csv       its steps and validations as a table, on wish
 *     lock              the process that trains
 *     checkpoints/      one folder each
 */
export class RunFolder {
  readonly path: string;
  readonly #metrics: number;
  #csv: CsvLog | null = null;

  private constructor(path: string) {
    this.path = path;
    lock(path);
    this.#metrics = openSync(this.#metricsFile, "a");
  }

  /** @throws UsageError where the folder holds anything already, or cannot be made */
  static create(path: string, record: RunRecord): RunFolder {
    const config = join(path, "config.json");
    if (existsSync(config)) {
      throw new UsageError(`error: --out ${path} holds a run already; --resume ${path} goes on with it`);
    }
    try {
      mkdirSync(path, { recursive: true });
      // One that was killed here may have left the temporary file.
      if (readdirSync(path).some((name) => name !== "config.json.tmp")) {
        throw new UsageError(`error: --out ${path} is not empty`);
      }
      writeFileSync(`${config}.tmp`, `${JSON.stringify(record, null, 2)}\n`, { flush: true });
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

  /** Appends a line to the metrics. */
  log(event: RunEvent): void {
    try {
      appendFileSync(this.#metrics, `${JSON.stringify(event)}\n`);
    } catch (error) {
      // A full disk does not say which one.
      if (error instanceof Error) error.message += `, writing '${this.#metricsFile}'`;
      throw error;
    }
    this.#csv?.log(event);
  }

  /** Writes `metrics.csv` as well from now on, beginning with what is logged already; always where the file is there. */
  logCsv(wished: boolean): void {
    const file = join(this.path, "metrics.csv");
    if (!wished && !existsSync(file)) return;
    this.#csv = new CsvLog(file);
    const lines = readFileSync(this.#metricsFile, "utf8").split("\n").slice(0, -1);
    for (const line of lines) this.#csv.log(JSON.parse(line));
  }

  /** Forgets what was logged after a checkpoint, and a line that was cut off. */
  cutMetrics(position: number): void {
    const text = readFileSync(this.#metricsFile).subarray(0, position);
    ftruncateSync(this.#metrics, text.lastIndexOf("\n") + 1);
  }

  close(): void {
    this.#csv?.close();
    closeSync(this.#metrics);
    rmSync(lockOf(this.path), { force: true });
  }

  get #metricsFile(): string {
    return join(this.path, "metrics.jsonl");
  }
}

/**
 * What the run in a folder was told.
 *
 * @param program The one that reads it: the run of another is refused.
 * @throws UsageError where the folder holds no such run
 */
export function readRecord(path: string, program: string): RunRecord {
  const file = join(path, "config.json");
  const refuse = (why: string): never => {
    throw new UsageError(`error: --resume ${path}: ${why}`);
  };
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return refuse(`no run is there (${file} cannot be read)`);
  }
  let record: RunRecord;
  try {
    record = JSON.parse(text);
  } catch (error) {
    return refuse(`${file} is no JSON (${(error as Error).message})`);
  }
  if (typeof record?.program !== "string" || typeof record.config !== "object" || record.config === null) {
    return refuse(`${file} holds no program and config`);
  }
  if (record.program !== program) return refuse(`it is a run of "${record.program}", not of "${program}"`);
  return record;
}

/** The folder of a run that was given none: `runs/2026-02-24T09-30-00`, local time, which sorts. */
export function newRunPath(): string {
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  return join("runs", local.toISOString().slice(0, 19).replaceAll(":", "-"));
}
