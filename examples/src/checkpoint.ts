import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FormatError, type TensorData } from "@tsuki/core";
import { loadSafetensors, saveSafetensors, syncFolder } from "@tsuki/core/files";
import type { WindowsState } from "./windows.ts";

/** Where a run is, apart from its tensors. Plain data. */
export interface Position {
  /** Steps done. */
  readonly step: number;
  readonly seconds: number;
  readonly validationLoss: number | null;
  readonly bestValidationLoss: number | null;
  /** Updates that each parameter has had. */
  readonly optimizerSteps: Readonly<Record<string, number>>;
  readonly data: WindowsState;
  readonly sampling: { readonly seed: number; readonly counter: number };
  /** Bytes of `metrics.jsonl`. */
  readonly metrics: number;
  /** What the bits depend on besides the options: whether multiply-adds round once. */
  readonly contracted: boolean;
}

export interface Checkpoint {
  /** With the names of the published checkpoints. */
  readonly weights: Readonly<Record<string, TensorData>>;
  readonly optimizer: Readonly<Record<string, TensorData>>;
  readonly position: Position;
}

const complete = /^step-(\d+)$/;

/**
 * Writes a checkpoint as a folder `step-000123`, as a whole or not at all: it has another name until all of it is on the
 * disk.
 *
 *     config.json              of the model, with Hugging Face's keys
 *     model.safetensors        the weights
 *     training.safetensors     the optimizer's state; its metadata: the position
 *
 * Then removes all but the newest.
 *
 * @param folder That of all checkpoints.
 */
export async function saveCheckpoint(
  folder: string,
  { weights, optimizer, position }: Checkpoint,
  config: Readonly<Record<string, unknown>>,
  keep: number,
): Promise<void> {
  const name = `step-${String(position.step).padStart(6, "0")}`;
  const temporary = join(folder, `.${name}.tmp`);
  await mkdir(folder, { recursive: true });
  await removeUnfinished(folder);
  await mkdir(temporary);
  await writeFile(join(temporary, "config.json"), `${JSON.stringify(config, null, 2)}\n`, { flush: true });
  await saveSafetensors(join(temporary, "model.safetensors"), weights, { format: "pt" });
  await saveSafetensors(join(temporary, "training.safetensors"), optimizer, { position: JSON.stringify(position) });
  await rename(temporary, join(folder, name));
  await syncFolder(folder);
  const names = await completeIn(folder);
  for (const old of names.slice(0, -keep)) await rename(join(folder, old), join(folder, `.${old}.tmp`));
  await removeUnfinished(folder);
}

/**
 * Reads the newest checkpoint; `null` where there is none.
 *
 * @throws FormatError that names a damaged file
 */
export async function loadNewestCheckpoint(folder: string): Promise<Checkpoint | null> {
  const newest = existsSync(folder) ? (await completeIn(folder)).at(-1) : undefined;
  if (newest === undefined) return null;
  const { tensors: weights } = await loadSafetensors(join(folder, newest, "model.safetensors"));
  const file = join(folder, newest, "training.safetensors");
  const { tensors: optimizer, metadata } = await loadSafetensors(file);
  try {
    return { weights, optimizer, position: JSON.parse(metadata.position) };
  } catch (error) {
    throw new FormatError(`${file}: the metadata holds no position in the run`, { cause: error });
  }
}

/** Names of complete checkpoints, the oldest first. */
async function completeIn(folder: string): Promise<string[]> {
  const steps = (await readdir(folder)).flatMap((name) => (complete.test(name) ? [name] : []));
  const stepOf = (name: string): number => Number(complete.exec(name)?.[1]);
  return steps.sort((a, b) => stepOf(a) - stepOf(b));
}

/** Removes what was being written or removed when the process ended. */
async function removeUnfinished(folder: string): Promise<void> {
  const unfinished = (await readdir(folder)).filter((name) => name.startsWith(".") && name.endsWith(".tmp"));
  for (const name of unfinished) await rm(join(folder, name), { recursive: true });
}
