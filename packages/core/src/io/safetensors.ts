import { dtypes, isFloat } from "../dtype.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { checkOptions } from "../ops/build.ts";
import { convert, type TensorData, widen } from "./data.ts";
import { bytesOfElements, elementTypes, type StoredType, storedAs, viewBytes } from "./elements.ts";
import { type Entry, formatError, parseHeader, parsePrefix, prefixBytes } from "./header.ts";
import { checkRecord } from "./record.ts";

/**
 * The safetensors format (https://huggingface.co/docs/safetensors): the length of the header as an unsigned 64-bit
 * integer, the header as JSON, and the tensors' bytes, little-endian, as are the hosts that run JavaScript.
 */
export interface Safetensors {
  readonly tensors: Readonly<Record<string, TensorData>>;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface EncodeOptions {
  /** Element types of tensors, by name, other than those that their dtypes have (`int32` as `I64`, floats as `F8_E4M3`). */
  readonly types?: Readonly<Record<string, StoredType>>;
}

/**
 * Reads a safetensors file from its bytes. Integers of 16 and more bits become `int32` (out of its range: an error), floats
 * of 8 and less bits `float16` (scales `F8_E8M0`: `bfloat16`), complex numbers `float32` with a last axis of 2. `BF16`,
 * `F16`, `I8` and `U8` stay as they are stored: `convertData` turns them into what kernels compute in. The results are copies.
 *
 * @param options.file Name of the file in errors.
 * @throws FormatError with file and byte offset where the bytes are not a safetensors file or hold an unknown type.
 */
export function decodeSafetensors(bytes: Uint8Array, options: { file?: string } = {}): Safetensors {
  checkOptions("decodeSafetensors", options, "file");
  const file = options.file ?? "safetensors";
  const dataStart = prefixBytes + parsePrefix(bytes.subarray(0, prefixBytes), bytes.length, file);
  const { entries, metadata } = parseHeader(bytes.subarray(prefixBytes, dataStart), bytes.length, file);
  const tensors = entries.map((entry) => [
    entry.name,
    decodeTensor(entry, bytes.subarray(entry.begin, entry.end), file, false),
  ]);
  return { tensors: Object.fromEntries(tensors), metadata };
}

/**
 * The tensor of an entry.
 *
 * @param owned Whether its bytes are the start of a buffer that the result may keep; else they are copied.
 */
export function decodeTensor(entry: Entry, bytes: Uint8Array, file: string, owned: boolean): TensorData {
  const { name, type, begin } = entry;
  const { dtype, bits, decode, check, parts } = elementTypes[type];
  const fail = (element: number, problem: string): never => {
    throw formatError(file, begin + (element * bits) / 8, `${problem}, in tensor ${JSON.stringify(name)}`);
  };
  const shape = parts ? [...entry.shape, parts] : entry.shape;
  check?.(bytes, fail);
  // Not `slice`: a Node Buffer's is no copy.
  return { dtype, shape, data: decode?.(bytes, fail) ?? viewBytes(owned ? bytes : new Uint8Array(bytes), dtype) };
}

/**
 * Writes tensors in the safetensors format: the same record gives the same bytes. Tensors of larger elements come
 * first, so that each is aligned to its own element size. Floats round to the nearest number of the asked type; beyond the
 * largest one they are infinite where the type has infinities, else the largest.
 *
 * @throws DTypeError for integers that the asked type does not hold, and for NaN where it has none; ArgumentError for what
 *   is no record of host copies.
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, TensorData>>,
  metadata: Readonly<Record<string, string>> = {},
  options: EncodeOptions = {},
): Uint8Array<ArrayBuffer> {
  checkRecord("encodeSafetensors", tensors);
  checkOptions("encodeSafetensors", options, "types");
  const parts = encodeParts(tensors, metadata, options);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The file in parts: prefix and header, then each tensor's bytes (a view of its data where they are the same). */
export function encodeParts(
  tensors: Readonly<Record<string, TensorData>>,
  metadata: Readonly<Record<string, string>>,
  { types = {} }: EncodeOptions = {},
): Uint8Array[] {
  for (const name of Object.keys(types)) {
    if (!Object.hasOwn(tensors, name)) throw new ArgumentError(`types: there is no tensor ${JSON.stringify(name)}`);
  }
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value === "string") continue;
    throw new ArgumentError(`metadata: ${JSON.stringify(key)} is a text, not ${JSON.stringify(value)}`);
  }
  const sorted = Object.entries(tensors)
    .map(([name, tensor]) => ({
      name,
      tensor,
      type: Object.hasOwn(types, name) ? types[name] : storedAs[tensor.dtype],
    }))
    .sort((a, b) => elementTypes[b.type].bits - elementTypes[a.type].bits || (a.name < b.name ? -1 : 1));
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [["__metadata__", metadata]] : [];
  const parts: Uint8Array[] = [];
  let begin = 0;
  for (const { name, tensor, type } of sorted) {
    const part = bytesOf(name, tensor, type);
    const end = begin + part.length;
    const shape = elementTypes[type].parts ? tensor.shape.slice(0, -1) : tensor.shape;
    header.push([name, { dtype: type, shape, data_offsets: [begin, end] }]);
    parts.push(part);
    begin = end;
  }
  return [encodeHeader(JSON.stringify(Object.fromEntries(header))), ...parts];
}

/** Prefix and header, padded by spaces to a multiple of 8 bytes. */
function encodeHeader(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const bytes = new Uint8Array(prefixBytes + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - prefixBytes), true);
  bytes.set(text, prefixBytes);
  return bytes;
}

function bytesOf(name: string, tensor: TensorData, type: StoredType): Uint8Array {
  const { dtype, shape, data } = tensor;
  const title = `tensor ${JSON.stringify(name)}`;
  if (name === "__metadata__" || name === "__proto__")
    throw new ArgumentError(`${name} cannot name a tensor in a file`);
  if (data.constructor !== dtypes[dtype].create(0).constructor) {
    throw new DTypeError(`${title} of dtype ${dtype} cannot be held in a ${data.constructor.name}`);
  }
  const size = shape.reduce((product, n) => product * n, 1);
  if (size !== data.length) {
    throw new ShapeError(`${title} of shape [${shape}] has ${size} elements, and its data have ${data.length}`);
  }
  if (!Object.hasOwn(elementTypes, type)) {
    const known = Object.keys(elementTypes).join(", ");
    throw new ArgumentError(`types: ${title} is written as one of ${known}, not ${JSON.stringify(type)}`);
  }
  const { parts, encode, dtype: wanted } = elementTypes[type];
  if (parts && shape[shape.length - 1] !== parts) {
    throw new ShapeError(`${title} of shape [${shape}] has no last axis of ${parts}, as ${type} needs`);
  }
  if (bytesOfElements(type, size) === null) throw new ShapeError(`${title}, ${type} [${shape}], ends within a byte`);
  if (isFloat(dtype) !== isFloat(wanted) || (dtype === "bool") !== (wanted === "bool")) {
    throw new DTypeError(`${title} is ${dtype}, which cannot be written as ${type}`);
  }
  const values = (encode ? widen(tensor) : convert(tensor, wanted))?.data;
  if (!values) throw new DTypeError(`${title} is ${dtype}, with values that do not go into ${type}`);
  const fail = (element: number, problem: string): never => {
    throw new DTypeError(`${title}, element ${element}, as ${type}: ${problem}`);
  };
  return encode ? encode(values, fail) : new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
