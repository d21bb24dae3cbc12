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
  const file = join(folder, "config.json");
  const record = parse(await read(file, `${folder} holds no run`), file);
  if (!isObject(record) || typeof record.program !== "string" || !isObject(record.config)) {
    throw new RunError(`${file} holds no program and config`);
  }
  const { program, config, environment } = record;
  const events = await readEvents(join(folder, "metrics.jsonl"));
  return {
    name: basename(resolve(folder)),
    program,
    config,
    environment: isObject(environment) ? environment : {},
    events,
  };
}

async function readEvents(file: string): Promise<RunEvent[]> {
  const lines = (await read(file, null)).split("\n");
  // What is left after the last line's end is empty, or was being written.
  lines.pop();
  return lines.map((line, index) => {
    const event = parse(line, `${file}, line ${index + 1},`);
    if (!isObject(event) || typeof event.kind !== "string" || typeof event.step !== "number") {
      throw new RunError(`${file}, line ${index + 1}, is no event of a run`);
    }
    return event as unknown as RunEvent;
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
