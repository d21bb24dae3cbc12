import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { TensorData } from "./data.ts";
import { formatError, parseHeader, parsePrefix, prefixBytes } from "./header.ts";
import { decodeTensor, encodeParts, type Safetensors } from "./safetensors.ts";

/** Most bytes that one system call reads; Node refuses 2^31. */
const maxReadBytes = 2 ** 30;

/**
 * Reads a safetensors file as `decodeSafetensors` does, tensor by tensor, so that it needs no second copy in memory.
 *
 * @throws FormatError with file and byte offset; the file system's own error where the file cannot be read.
 */
export async function loadSafetensors(path: string): Promise<Safetensors> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    const prefix = await read(handle, 0, Math.min(prefixBytes, size), path);
    const dataStart = prefixBytes + parsePrefix(prefix, size, path);
    const { entries, metadata } = parseHeader(await read(handle, prefixBytes, dataStart, path), size, path);
    const tensors: [string, TensorData][] = [];
    for (const entry of entries) {
      tensors.push([entry.name, decodeTensor(entry, await read(handle, entry.begin, entry.end, path), path)]);
    }
    return { tensors: Object.fromEntries(tensors), metadata };
  } finally {
    await handle.close();
  }
}

/**
 * Writes a safetensors file as a whole or not at all: the bytes go into a temporary file beside it, which takes its
 * name once they are on the disk. Where that fails, the old file stays and the temporary one is removed.
 *
 * @param tensors Must not change until the promise is settled.
 */
export async function saveSafetensors(
  path: string,
  tensors: Readonly<Record<string, TensorData>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const parts = encodeParts(tensors, metadata);
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${crypto.randomUUID()}.tmp`);
  try {
    const handle = await open(temporary, "wx");
    try {
      for (const part of parts) await handle.writeFile(part);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

async function read(handle: FileHandle, begin: number, end: number, file: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(end - begin);
  let done = 0;
  while (done < bytes.length) {
    const length = Math.min(bytes.length - done, maxReadBytes);
    const { bytesRead } = await handle.read(bytes, done, length, begin + done);
    if (bytesRead === 0) throw formatError(file, begin + done, "the file ends here, and was longer when it was opened");
    done += bytesRead;
  }
  return bytes;
}

/** Makes a rename last through a loss of power; Windows opens no folders and needs none of this. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
