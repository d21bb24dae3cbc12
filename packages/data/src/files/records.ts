import { open } from "node:fs/promises";
import { ArgumentError, FormatError, StateError } from "@tsuki/core";
import { Items, type Stream } from "../stream.ts";

/** A place in files that are read one after the other. */
export interface FilePlace {
  /** Index of the file. */
  readonly file: number;
  /** Offset in it of the record that is next. */
  readonly byte: number;
  /** Lines before it. */
  readonly line: number;
}

/** A piece of a file. */
export interface FileRecord {
  readonly text: string;
  /** File, line and byte offset of its beginning, for errors. */
  readonly where: string;
}

/** Bytes that are read at a time, where no record is longer. */
const chunkBytes = 2 ** 16;

/** Part of a file. */
interface Chunk {
  readonly file: number;
  readonly begin: number;
  readonly bytes: Buffer;
  /** Whether the file ends with it. */
  readonly last: boolean;
}

/**
 * The records of files, which a separator ends: lines, paragraphs. A file is open only while a chunk of it is read, so that
 * nothing has to be closed.
 */
export class RecordStream extends Items<FileRecord> implements Stream<FileRecord, FilePlace> {
  readonly #op: string;
  readonly #paths: readonly string[];
  readonly #separator: Buffer;
  #place: FilePlace = { file: 0, byte: 0, line: 0 };
  #chunk: Chunk | null = null;

  /** @param op Named in errors. */
  constructor(op: string, paths: string | readonly string[], separator: string) {
    super();
    this.#op = op;
    this.#paths = typeof paths === "string" ? [paths] : paths;
    this.#separator = Buffer.from(separator);
    if (this.#paths.length === 0) throw new ArgumentError(`${op}: there are no files`);
    if (separator === "") throw new ArgumentError(`${op}: the separator is empty`);
  }

  async next(): Promise<FileRecord | undefined> {
    while (this.#place.file < this.#paths.length) {
      const { file, byte, line } = this.#place;
      const path = this.#paths[file];
      const record = await this.#find(file, byte);
      const whole = endsWith(record, this.#separator);
      const text = decode(whole ? record.subarray(0, -this.#separator.length) : record, path, byte);
      const next = { file, byte: byte + record.length, line: line + newlines(record) };
      this.#place = whole ? next : { file: file + 1, byte: 0, line: 0 };
      if (record.length > 0) return { text, where: `${path}, line ${line + 1}, byte ${byte}` };
    }
    return undefined;
  }

  state(): FilePlace {
    return this.#place;
  }

  /** @throws StateError for a place behind the last file. */
  restore(place: FilePlace): void {
    const files = this.#paths.length;
    if (!(place.file <= files)) {
      throw new StateError(`${this.#op}: the place is in file ${place.file}, and the files are ${files}`);
    }
    this.#place = place;
  }

  rewind(): void {
    this.#place = { file: 0, byte: 0, line: 0 };
    // The file may have grown.
    this.#chunk = null;
  }

  /** The record that begins at a byte, with its separator; nothing at the end of the file. */
  async #find(file: number, byte: number): Promise<Buffer> {
    for (let size = chunkBytes; ; size *= 2) {
      const chunk = this.#chunk;
      if (chunk?.file === file && chunk.begin <= byte && byte <= chunk.begin + chunk.bytes.length) {
        const rest = chunk.bytes.subarray(byte - chunk.begin);
        const end = rest.indexOf(this.#separator);
        if (end >= 0) return rest.subarray(0, end + this.#separator.length);
        if (chunk.last) return rest;
      }
      this.#chunk = await this.#read(file, byte, size);
    }
  }

  /** Reads from a record's beginning on. @throws FormatError where no record begins there. */
  async #read(file: number, byte: number, size: number): Promise<Chunk> {
    const path = this.#paths[file];
    const before = byte === 0 ? 0 : this.#separator.length;
    const bytes = await readRange(path, byte - before, size + before);
    if (before > 0 && !bytes.subarray(0, before).equals(this.#separator)) {
      throw new FormatError(
        `${path}, byte ${byte}: no record begins here; the file is not the one of which the place was kept`,
      );
    }
    return { file, begin: byte, bytes: bytes.subarray(before), last: bytes.length < size + before };
  }
}

/** Bytes of a file, fewer where it ends. */
async function readRange(path: string, begin: number, size: number): Promise<Buffer> {
  const handle = await open(path, "r");
  try {
    const bytes = Buffer.allocUnsafe(size);
    let done = 0;
    while (done < size) {
      const { bytesRead } = await handle.read(bytes, done, size - done, begin + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  } catch (error) {
    // Of a folder, it does not say which one.
    if (error instanceof Error && !error.message.includes(path)) error.message += `, reading '${path}'`;
    throw error;
  } finally {
    await handle.close();
  }
}

/** The text of a record. @throws FormatError at the first byte that is not UTF-8. */
function decode(bytes: Buffer, path: string, byte: number): string {
  // A byte order mark stands only at the beginning of a file.
  const ignoreBOM = byte > 0;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM }).decode(bytes);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    const mended = Buffer.from(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
    const wrong = bytes.findIndex((value, index) => value !== mended[index]);
    // What is mended begins with 0xef: cut off after it, it looks the same so far.
    const at = wrong < 0 ? bytes.lastIndexOf(0xef) : wrong;
    throw new FormatError(`${path}, byte ${byte + at}: this is not UTF-8`, { cause });
  }
}

function endsWith(bytes: Buffer, ending: Buffer): boolean {
  return bytes.length >= ending.length && bytes.subarray(-ending.length).equals(ending);
}

function newlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}
