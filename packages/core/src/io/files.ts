import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FormatError } from "../errors.ts";
import { checkOptions } from "../ops/build.ts";
import type { TensorData } from "./data.ts";
import { formatError } from "./header.ts";
import { type ByteSource, SafetensorsReader } from "./reader.ts";
import { checkRecord } from "./record.ts";
import { type EncodeOptions, encodeParts, type Safetensors } from "./safetensors.ts";
import { indexPath, parseIndex, shardPath, splitIntoShards } from "./shards.ts";

/** Most bytes that one system call reads; Node refuses 2^31. */
const maxReadBytes = 2 ** 30;

/**
 * Opens a safetensors file, or the shards that an index lists (`model.safetensors.index.json`; also found by the name
 * `model.safetensors`, where that file is not there). Only headers are read; `read(name)` reads one tensor.
 *
 * @throws FormatError with file and byte offset; the file system's own error where a file cannot be read.
 */
export async function openSafetensors(path: string): Promise<SafetensorsReader> {
  if (path.endsWith(".json")) return openIndex(path);
  const source = await openFile(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" || !(await exists(indexPath(path)))) throw error;
    return null;
  });
  return source ? SafetensorsReader.open(source) : openIndex(indexPath(path));
}

/** Reads safetensors as `decodeSafetensors` does, whole, from a file or from the shards of an index. */
export async function loadSafetensors(path: string): Promise<Safetensors> {
  const reader = await openSafetensors(path);
  try {
    return await reader.readAll();
  } finally {
    await reader.close();
  }
}

export interface SaveOptions extends EncodeOptions {
  /** Most bytes of contents in one file; more are written as shards with an index. Default: one file. */
  readonly maxShardBytes?: number;
}

/**
 * Writes a safetensors file as a whole or not at all: the bytes go into a temporary file beside it, which takes its
 * name once they are on the disk. Where that fails, the old file stays and the temporary one is removed.
 *
 * Shards are written so too, all before the first takes its name and the index last; but over older shards of the same
 * names a crash may leave some of each: save them to a new folder.
 *
 * @param tensors Must not change until the promise is settled.
 * @throws ArgumentError for what is no record of host copies (a promise of one), before a file is touched.
 */
export async function saveSafetensors(
  path: string,
  tensors: Readonly<Record<string, TensorData>>,
  metadata: Readonly<Record<string, string>> = {},
  options: SaveOptions = {},
): Promise<void> {
  checkRecord("saveSafetensors", tensors);
  checkOptions("saveSafetensors", options, "types", "maxShardBytes");
  const { types = {}, maxShardBytes = Number.POSITIVE_INFINITY } = options;
  const shards = splitIntoShards(tensors, maxShardBytes);
  if (shards.length === 1) {
    await writeFiles([{ path, parts: encodeParts(tensors, metadata, { types }) }]);
    return;
  }
  const files = shards.map((shard, i) => {
    const ofShard = Object.fromEntries(Object.entries(types).filter(([name]) => Object.hasOwn(shard, name)));
    return {
      path: shardPath(path, i + 1, shards.length),
      parts: encodeParts(shard, metadata, { types: ofShard }),
      names: Object.keys(shard),
    };
  });
  const fileOf = files.flatMap((file) => file.names.map((name) => [name, basename(file.path)] as const));
  const total = files.reduce((sum, { parts }) => parts.slice(1).reduce((bytes, part) => bytes + part.length, sum), 0);
  const index = { metadata: { total_size: total }, weight_map: Object.fromEntries(fileOf) };
  const text = new TextEncoder().encode(`${JSON.stringify(index, null, 2)}\n`);
  await writeFiles([...files, { path: indexPath(path), parts: [text] }]);
  // Under its name it would be found before the index.
  await rm(path, { force: true });
}

/** A file to be written: its parts, one behind the other. */
export interface FileParts {
  readonly path: string;
  readonly parts: readonly Uint8Array[];
}

/**
 * Writes files of one folder, all to the disk before the first takes its name: each is there as a whole or as it was before.
 */
export async function writeFiles(files: readonly FileParts[]): Promise<void> {
  const temporaries: { temporary: string; path: string }[] = [];
  try {
    for (const { path, parts } of files) {
      const temporary = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.tmp`);
      temporaries.push({ temporary, path });
      await write(temporary, parts);
    }
    for (const { temporary, path } of temporaries) await rename(temporary, path);
  } catch (error) {
    for (const { temporary } of temporaries) await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(files[0].path));
}

async function write(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const handle = await open(path, "wx");
  try {
    for (const part of parts) await handle.writeFile(part);
    await handle.sync();
  } catch (error) {
    // A full disk does not say which one.
    if (error instanceof Error && !error.message.includes(path)) error.message += `, writing '${path}'`;
    throw error;
  } finally {
    await handle.close();
  }
}

async function openIndex(path: string): Promise<SafetensorsReader> {
  const { files, fileOf } = parseIndex(await readFile(path, "utf8"), path);
  const sources: ByteSource[] = [];
  try {
    for (const file of files) sources.push(await openFile(file));
  } catch (error) {
    for (const source of sources) await source.close?.();
    throw error;
  }
  const reader = await SafetensorsReader.open(...sources);
  const lost = [...fileOf].find(([name, file]) => reader.fileOf(name) !== file);
  if (!lost) return reader;
  await reader.close();
  throw new FormatError(`${path}: tensor ${JSON.stringify(lost[0])} is not in ${lost[1]}`);
}

async function exists(path: string): Promise<boolean> {
  const handle = await open(path, "r").catch(() => null);
  await handle?.close();
  return handle !== null;
}

async function openFile(path: string): Promise<ByteSource> {
  const handle = await open(path, "r");
  try {
    const stat = await handle.stat();
    if (stat.isDirectory()) throw new FormatError(`${path}: a folder, not a safetensors file`);
    const { size } = stat;
    return { name: path, size, read: (begin, end) => read(handle, begin, end, path), close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
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
