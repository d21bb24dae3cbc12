import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "./usage-error.ts";

/** The file that names the process which trains in the folder of a run. */
export function lockOf(folder: string): string {
  return join(folder, "lock");
}

/** The process that trains in the folder of a run; `null`: none does. What a killed one left does not count. */
export function trainingProcess(folder: string): number | null {
  try {
    const holder = Number(readFileSync(lockOf(folder), "utf8"));
    return holder > 0 && isRunning(holder) ? holder : null;
  } catch {
    return null;
  }
}

/**
 * Keeps a second process out of a run: both would write to its metrics.
 *
 * @throws UsageError that names the process
 */
export function lock(folder: string): void {
  const holder = trainingProcess(folder);
  if (holder !== null && holder !== process.pid) {
    throw new UsageError(`error: process ${holder} is training in this folder (${lockOf(folder)})`);
  }
  writeFileSync(lockOf(folder), String(process.pid));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
