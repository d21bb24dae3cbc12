import type { DType } from "../dtype.ts";
import { ArgumentError } from "../errors.ts";
import type { TensorData } from "./data.ts";
import { elementTypes, type StoredType } from "./elements.ts";
import { type Entry, formatError, type Header, parseHeader, parsePrefix, prefixBytes } from "./header.ts";
import { decodeTensor, type Safetensors } from "./safetensors.ts";

/** Bytes that are read in ranges: a file, a blob, an HTTP resource. */
export interface ByteSource {
  /** Named in errors. */
  readonly name: string;
  /** Bytes in all. */
  readonly size: number;
  /** The bytes from `begin` to before `end`, in a buffer of their own. */
  read(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  close?(): Promise<void>;
}

/** What a header says of a tensor. */
export interface TensorInfo {
  /** Element type in the file. */
  readonly type: StoredType;
  /** Element type and shape that `read` gives. */
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Bytes in the file. */
  readonly bytes: number;
}

interface Place {
  readonly source: ByteSource;
  readonly entry: Entry;
}

/** Safetensors in one or several sources, of which only the headers are read until a tensor is asked for. */
export class SafetensorsReader {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly #places: ReadonlyMap<string, Place>;
  readonly #sources: readonly ByteSource[];

  private constructor(parts: readonly { readonly source: ByteSource; readonly header: Header }[]) {
    const places = new Map<string, Place>();
    for (const { source, header } of parts) {
      for (const entry of header.entries) {
        const other = places.get(entry.name);
        if (other) {
          throw formatError(
            source.name,
            entry.begin,
            `tensor ${JSON.stringify(entry.name)} is in ${other.source.name} too`,
          );
        }
        places.set(entry.name, { source, entry });
      }
    }
    this.#places = places;
    this.#sources = parts.map(({ source }) => source);
    this.tensors = new Map([...places].map(([name, { entry }]) => [name, infoOf(entry)]));
    this.metadata = Object.assign({}, ...parts.map(({ header }) => header.metadata));
  }

  /**
   * Reads the headers. The reader owns the sources from now on.
   *
   * @throws FormatError with source and byte offset; the sources are closed then.
   */
  static async open(...sources: readonly ByteSource[]): Promise<SafetensorsReader> {
    try {
      const parts: { source: ByteSource; header: Header }[] = [];
      for (const source of sources) parts.push({ source, header: await readHeader(source) });
      return new SafetensorsReader(parts);
    } catch (error) {
      await closeAll(sources);
      throw error;
    }
  }

  /** One tensor; nothing else is read. @throws ArgumentError where there is none of that name. */
  async read(name: string): Promise<TensorData> {
    const place = this.#places.get(name);
    if (!place) {
      const names = this.#sources.map((source) => source.name).join(", ");
      throw new ArgumentError(`${names}: there is no tensor ${JSON.stringify(name)} among ${this.tensors.size}`);
    }
    const { source, entry } = place;
    return decodeTensor(entry, await source.read(entry.begin, entry.end), source.name, true);
  }

  /** Name of the source in which a tensor is. */
  fileOf(name: string): string | undefined {
    return this.#places.get(name)?.source.name;
  }

  /** All tensors, one after the other. */
  async readAll(): Promise<Safetensors> {
    const tensors: [string, TensorData][] = [];
    for (const name of this.tensors.keys()) tensors.push([name, await this.read(name)]);
    return { tensors: Object.fromEntries(tensors), metadata: this.metadata };
  }

  close(): Promise<void> {
    return closeAll(this.#sources);
  }
}

async function readHeader(source: ByteSource): Promise<Header> {
  const { name, size } = source;
  const prefix = await source.read(0, Math.min(prefixBytes, size));
  const dataStart = prefixBytes + parsePrefix(prefix, size, name);
  return parseHeader(await source.read(prefixBytes, dataStart), size, name);
}

function infoOf({ type, shape, begin, end }: Entry): TensorInfo {
  const { dtype, parts } = elementTypes[type];
  return { type, dtype, shape: parts ? [...shape, parts] : shape, bytes: end - begin };
}

async function closeAll(sources: readonly ByteSource[]): Promise<void> {
  for (const source of sources) await source.close?.();
}
