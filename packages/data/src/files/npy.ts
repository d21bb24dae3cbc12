import { readFile } from "node:fs/promises";
import type { TensorData } from "@tsuki/core";
import { writeFiles } from "@tsuki/core/files";
import { decodeNpy, encodeNpy } from "../npy/npy.ts";
import { decodeNpz, type EncodeNpzOptions, encodeNpz } from "../npy/npz.ts";

/** Reads an array from an npy file; see `decodeNpy`. */
export async function loadNpy(path: string): Promise<TensorData> {
  return decodeNpy(await readFile(path), { file: path });
}

/** Writes an array as an npy file, as a whole or not at all. */
export async function saveNpy(path: string, array: TensorData): Promise<void> {
  await writeFiles([{ path, parts: [encodeNpy(array)] }]);
}

/** Reads the arrays of an npz file by name; see `decodeNpz`. */
export async function loadNpz(path: string): Promise<Record<string, TensorData>> {
  return decodeNpz(await readFile(path), { file: path });
}

/** Writes arrays as an npz file, as a whole or not at all. */
export async function saveNpz(
  path: string,
  arrays: Readonly<Record<string, TensorData>>,
  options: EncodeNpzOptions = {},
): Promise<void> {
  await writeFiles([{ path, parts: [encodeNpz(arrays, options)] }]);
}
