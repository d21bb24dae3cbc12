import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { RunEvent } from "@tsuki/train";
import type { RunData } from "./run-data.ts";

/** A folder that holds no run, or a damaged one. */
export class RunError extends Error {
  override readonly name = "RunError";
}

/**
 * Reads the folder of a run, also of one that still goes on: a last line that is cut off does not count, nor does a missing
 * `metrics.jsonl`.
 *
 * @throws RunError that names the file, and the line
 */
export async function readRun(folder: string): Promise<RunData> {
  const record = await readRecord(folder);
  const file = metricsFile(folder);
  return { ...record, events: parseEvents(wholeLines(await read(file, null)), file) };
}

/** A run without its events. */
export type RunRecord = Omit<RunData, "events">;

/** @throws RunError where the folder holds no run */
export async function readRecord(folder: string): Promise<RunRecord> {
  const file = join(folder, "config.json");
  const record = parse(await read(file, `${folder} holds no run`), file);
  if (!isObject(record) || typeof record.program !== "string" || !isObject(record.config)) {
    throw new RunError(`${file} holds no program and config`);
  }
  const { program, config, environment } = record;
  return { name: basename(resolve(folder)), program, config, environment: isObject(environment) ? environment : {} };
}

/** Where the events of a run are. */
export function metricsFile(folder: string): string {
  return join(folder, "metrics.jsonl");
}

/** What is left after the last line's end is empty, or was being written. */
function wholeLines(text: string): readonly string[] {
  return text.split("\n").slice(0, -1);
}

/**
 * @param before How many lines of the file come before them.
 * @throws RunError that names the file and the line
 */
export function parseEvents(lines: readonly string[], file: string, before = 0): RunEvent[] {
  return lines.map((line, index) => {
    const where = `${file}, line ${before + index + 1},`;
    const event = parse(line, where);
    if (!isEvent(event)) throw new RunError(`${where} is no event of a run`);
    return event;
  });
}

/** @param missing What to say where there is no such file; `null`: it counts as empty. */
async function read(file: string, missing: string | null): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && missing === null) return "";
    throw new RunError(`${code === "ENOENT" || code === "ENOTDIR" ? missing : file}: ${message}`, { cause: error });
  }
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RunError(`${where} is no JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** The rest is as it was written: by the run. */
function isEvent(value: unknown): value is RunEvent {
  return isObject(value) && typeof value.kind === "string" && typeof value.step === "number";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
