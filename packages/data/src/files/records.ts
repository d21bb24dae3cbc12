import { type FileHandle, open } from "node:fs/promises";
import { ArgumentError, FormatError } from "@tsuki/core";
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
  readonly #paths: readonly string[];
  readonly #separator: Buffer;
  #place: FilePlace = { file: 0, byte: 0, line: 0 };
  #chunk: Chunk | null = null;

  /** @param op Named in errors. */
  constructor(op: string, paths: string | readonly string[], separator: string) {
    super();
    this.#paths = typeof paths === "string" ? [paths] : paths;
    this.#separator = Buffer.from(separator);
    if (this.#paths.length === 0) throw new ArgumentError(`${op}: there are no files`);
    if (separator === "") throw new ArgumentError(`${op}: the separator is empty`);
  }

  async next(): Promise<FileRecord | undefined> {
    for (; this.#place.file < this.#paths.length; this.#place = { file: this.#place.file + 1, byte: 0, line: 0 }) {
      const { file, byte, line } = this.#place;
      const path = this.#paths[file];
      const record = await this.#find(file, byte);
      if (record.length === 0) continue;
      const content = record.subarray(0, record.length - (endsWith(record, this.#separator) ? this.#separator.length : 0));
      const text = decode(content, path, byte);
      this.#place = { file, byte: byte + record.length, line: line + newlines(record) };
      return { text, where: `${path}, line ${line + 1}, byte ${byte}` };
    }
    return undefined;
  }

  state(): FilePlace {
    return this.#place;
  }

  restore(place: FilePlace): void {
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
    const handle = await open(path, "r");
    try {
      const bytes = await readFully(handle, byte - before, size + before);
      if (bytes.length < before || !endsWith(bytes.subarray(0, before), before ? this.#separator : Buffer.of())) {
        throw new FormatError(`${path}, byte ${byte}: no record begins here; the file has changed since a place in it was kept`);
      }
      return { file, begin: byte, bytes: bytes.subarray(before), last: bytes.length < size + before };
    } finally {
      await handle.close();
    }
  }
}

/** As many bytes as there are. */
async function readFully(handle: FileHandle, begin: number, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size);
  let done = 0;
  while (done < size) {
    const { bytesRead } = await handle.read(bytes, done, size - done, begin + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
