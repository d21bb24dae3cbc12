import { FormatError } from "../errors.ts";
import { bytesOfElements, elementTypes, type StoredType } from "./elements.ts";
import { type Json, parseJson } from "./json.ts";

/** Bytes before the header: its length, an unsigned 64-bit integer. */
export const prefixBytes = 8;

/** Longer headers are refused, as by the reference implementation. */
const maxHeaderBytes = 100_000_000;

/** One tensor of a file. */
export interface Entry {
  readonly name: string;
  readonly type: StoredType;
  readonly shape: readonly number[];
  /** Byte of the file where the tensor begins, and the one after its last. */
  readonly begin: number;
  readonly end: number;
}

/** What a header says. */
export interface Header {
  readonly entries: readonly Entry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The error of a file that is not what it claims to be. */
export function formatError(file: string, byte: number, problem: string): FormatError {
  return new FormatError(`${file}, byte ${byte}: ${problem}`);
}

/**
 * Reads a header's length from the first bytes of a file.
 *
 * @param fileBytes Length of the whole file.
 */
export function parsePrefix(prefix: Uint8Array, fileBytes: number, file: string): number {
  if (fileBytes < prefixBytes) {
    throw formatError(
      file,
      0,
      `${fileBytes} bytes are too few for a safetensors file, which begins with ${prefixBytes}`,
    );
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (length > fileBytes - prefixBytes) {
    throw formatError(file, 0, `a header of ${length} bytes does not fit into a file of ${fileBytes}`);
  }
  if (length > maxHeaderBytes) throw formatError(file, 0, `a header of ${length} bytes is over ${maxHeaderBytes}`);
  return Number(length);
}

/**
 * Parses and checks a header: a JSON object of `{dtype, shape, data_offsets}` by name, and `__metadata__`, strings by
 * name. The tensors' ranges must fill the rest of the file without gap or overlap.
 */
export function parseHeader(bytes: Uint8Array, fileBytes: number, file: string): Header {
  const text = decodeText(bytes, file);
  const fail = (problem: string, at: number): never => {
    throw formatError(file, prefixBytes + new TextEncoder().encode(text.slice(0, at)).length, problem);
  };
  if (text[0] !== "{") fail("a safetensors header begins with {", 0);

  const entries: Entry[] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, json] of asObject(parseJson(text, fail), "header", fail)) {
    if (name === "__proto__") fail("__proto__ cannot name a tensor", json.at);
    if (name === "__metadata__") metadata = parseMetadata(json, fail);
    else entries.push(parseEntry(name, json, prefixBytes + bytes.length, fail));
  }
  checkRanges(entries, prefixBytes + bytes.length, fileBytes, file);
  return { entries, metadata };
}

type Fail = (problem: string, at: number) => never;

function decodeText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw formatError(file, prefixBytes, "the header is not UTF-8");
  }
}

function parseMetadata(json: Json, fail: Fail): Readonly<Record<string, string>> {
  const pairs: [string, string][] = [];
  for (const [key, { value, at }] of asObject(json, "__metadata__", fail)) {
    if (key === "__proto__") fail("__proto__ cannot be a key of __metadata__", at);
    if (typeof value !== "string")
      return fail(`the value of ${JSON.stringify(key)} in __metadata__ is not a string`, at);
    pairs.push([key, value]);
  }
  return Object.fromEntries(pairs);
}

function parseEntry(name: string, json: Json, dataStart: number, fail: Fail): Entry {
  const title = `tensor ${JSON.stringify(name)}`;
  const fields = asObject(json, title, fail);
  for (const [key, { at }] of fields) {
    if (key !== "dtype" && key !== "shape" && key !== "data_offsets") {
      fail(`${title} has an unknown field ${JSON.stringify(key)}`, at);
    }
  }
  const field = (key: string): Json => fields.get(key) ?? fail(`${title} has no ${key}`, json.at);

  const { value: type, at: typeAt } = field("dtype");
  if (!isStoredType(type))
    return fail(`the dtype of ${title} is none of ${Object.keys(elementTypes).join(", ")}`, typeAt);

  const shape = asSizes(field("shape"), `the shape of ${title}`, fail);
  const largest = shape.reduce((product, extent) => product * Math.max(extent, 1), 1);
  if (largest * Math.max(elementTypes[type].bits / 8, 1) > Number.MAX_SAFE_INTEGER)
    fail(`the shape [${shape}] of ${title} is too large`, field("shape").at);
  const size = shape.reduce((product, extent) => product * extent, 1);
  const length = bytesOfElements(type, size) ?? fail(`${title}, ${type} [${shape}], ends within a byte`, typeAt);

  const offsets = asSizes(field("data_offsets"), `data_offsets of ${title}`, fail);
  if (offsets.length !== 2) fail(`data_offsets of ${title} are not two numbers`, field("data_offsets").at);
  const [begin, end] = offsets;
  if (end - begin !== length) {
    fail(
      `${title}, ${type} [${shape}], takes ${length} bytes, and data_offsets are [${offsets}]`,
      field("data_offsets").at,
    );
  }
  return { name, type, shape, begin: dataStart + begin, end: dataStart + end };
}

function isStoredType(type: unknown): type is StoredType {
  return typeof type === "string" && Object.hasOwn(elementTypes, type);
}

function checkRanges(entries: readonly Entry[], dataStart: number, fileBytes: number, file: string): void {
  let reached = dataStart;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    const title = `tensor ${JSON.stringify(name)}`;
    if (begin < reached) throw formatError(file, begin, `${title} overlaps another`);
    if (begin > reached) throw formatError(file, reached, `there is a gap of ${begin - reached} bytes before ${title}`);
    if (end > fileBytes) throw formatError(file, fileBytes, `the file ends before ${title} does, at byte ${end}`);
    reached = end;
  }
  if (reached < fileBytes) throw formatError(file, reached, `${fileBytes - reached} bytes follow the last tensor`);
}

function asObject({ value, at }: Json, what: string, fail: Fail): ReadonlyMap<string, Json> {
  return value instanceof Map ? value : fail(`${what} is not a JSON object`, at);
}

/** Whole numbers that a file offset can hold; above 2^53 a JSON number may have been rounded. */
function asSizes({ value, at }: Json, what: string, fail: Fail): number[] {
  if (!Array.isArray(value)) return fail(`${what} is not a list`, at);
  return value.map((item: Json) => {
    const size = item.value;
    if (typeof size === "number" && Number.isSafeInteger(size) && !Object.is(size, -0) && size >= 0) return size;
    return fail(`${what} has an entry that is not a whole number from 0 to 2^53 − 1`, item.at);
  });
}
