import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "@tsuki/core";
import { loadSafetensors, saveSafetensors, syncFolder, writeFiles } from "@tsuki/core/files";
import { type Checkpoint, parsePosition } from "../checkpoint.ts";

/** A checkpoint, and how far the run's metrics were written then. */
export interface SavedCheckpoint extends Checkpoint {
  /** Bytes of `metrics.jsonl`. */
  readonly metrics: number;
}

const complete = /^step-(\d+)(?:-(\d+))?$/;

/**
 * Writes a checkpoint as a folder `step-000123`, as a whole or not at all: it has another name until all of it is on the
 * disk. One within a step, after 2 micro-batches of it, is `step-000123-2`.
 *
 *     config.json              of the model
 *     model.safetensors        its parameters and buffers
 *     training.safetensors     the optimizer's state; its metadata: the position
 *
 * Then removes all but the newest.
 *
 * @param folder That of all checkpoints.
 */
export async function saveCheckpoint(
  folder: string,
  checkpoint: SavedCheckpoint,
  config: Readonly<Record<string, unknown>>,
  keep: number,
): Promise<void> {
  const { step, accumulated } = checkpoint.position;
  const name = `step-${String(step).padStart(6, "0")}${accumulated.length > 0 ? `-${accumulated.length}` : ""}`;
  const temporary = join(folder, `.${name}.tmp`);
  await mkdir(folder, { recursive: true });
  await removeUnfinished(folder);
  await mkdir(temporary);
  try {
    await writeInto(temporary, checkpoint, config);
    await rename(temporary, join(folder, name));
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  await syncFolder(folder);
  const names = await completeIn(folder);
  for (const old of names.slice(0, -keep)) await rename(join(folder, old), join(folder, `.${old}.tmp`));
  await removeUnfinished(folder);
}

async function writeInto(
  folder: string,
  { model, training, position, metrics }: SavedCheckpoint,
  config: Readonly<Record<string, unknown>>,
): Promise<void> {
  const text = new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`);
  await writeFiles([{ path: join(folder, "config.json"), parts: [text] }]);
  await saveSafetensors(join(folder, "model.safetensors"), model, { format: "pt" });
  await saveSafetensors(join(folder, "training.safetensors"), training, {
    position: JSON.stringify(position),
    metrics: String(metrics),
  });
}

/**
 * Reads the newest checkpoint; `null` where there is none.
 *
 * @throws FormatError that names a damaged file
 */
export async function loadNewestCheckpoint(folder: string): Promise<SavedCheckpoint | null> {
  const newest = existsSync(folder) ? (await completeIn(folder)).at(-1) : undefined;
  if (newest === undefined) return null;
  const { tensors: model } = await loadSafetensors(join(folder, newest, "model.safetensors"));
  const file = join(folder, newest, "training.safetensors");
  const { tensors: training, metadata } = await loadSafetensors(file);
  const metrics = Number(metadata.metrics);
  if (!Number.isSafeInteger(metrics)) throw new FormatError(`${file}: the metadata hold no position in the metrics`);
  return { model, training, position: parsePosition(metadata, file), metrics };
}

/** Names of complete checkpoints, the oldest first. */
async function completeIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => complete.test(name));
  const placeOf = (name: string): number[] => (complete.exec(name) ?? []).slice(1).map((digits) => Number(digits ?? 0));
  const place = new Map(names.map((name) => [name, placeOf(name)]));
  return names.sort((a, b) => {
    const [[step, micro], [otherStep, otherMicro]] = [place.get(a) ?? [], place.get(b) ?? []];
    return step - otherStep || micro - otherMicro;
  });
}

/** Removes what was being written or removed when the process ended. */
async function removeUnfinished(folder: string): Promise<void> {
  const unfinished = (await readdir(folder)).filter((name) => name.startsWith(".") && name.endsWith(".tmp"));
  for (const name of unfinished) await rm(join(folder, name), { recursive: true });
}
