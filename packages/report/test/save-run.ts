import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunData } from "../src/run-data.ts";

/** Writes a run as training does, into a folder of its name; returns that folder. */
export function saveRun(parent: string, { name, events, ...record }: RunData): string {
  const folder = join(parent, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "config.json"), JSON.stringify(record));
  writeFileSync(join(folder, "metrics.jsonl"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  return folder;
}
