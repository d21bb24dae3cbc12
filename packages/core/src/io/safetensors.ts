import { type DType, dtypes } from "../dtype.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import type { TensorData } from "./data.ts";
import { type Entry, formatError, parseHeader, parsePrefix, prefixBytes } from "./header.ts";

/**
 * The safetensors format (https://huggingface.co/docs/safetensors): the length of the header as an unsigned 64-bit
 * integer, the header as JSON, and the tensors' bytes, little-endian, as are the hosts that run JavaScript.
 */
export interface Safetensors {
  readonly tensors: Readonly<Record<string, TensorData>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The format's names of our dtypes. */
const storedAs: Readonly<Record<DType, string>> = {
  float32: "F32",
  float64: "F64",
  int32: "I32",
  bool: "BOOL",
  bfloat16: "BF16",
  float16: "F16",
  int8: "I8",
};

/**
 * Reads a safetensors file from its bytes. `I64` (within the range of 32 bits) and `U8` become `int32`; `BF16`, `F16`
 * and `I8` stay as they are stored: `widen` turns them into what kernels compute in. The results are copies.
 *
 * @param options.file Name of the file in errors.
 * @throws FormatError with file and byte offset where the bytes are not a safetensors file or hold an unknown type.
 */
export function decodeSafetensors(bytes: Uint8Array, options: { file?: string } = {}): Safetensors {
  const file = options.file ?? "safetensors";
  const dataStart = prefixBytes + parsePrefix(bytes.subarray(0, prefixBytes), bytes.length, file);
  // Not `slice`: a Node Buffer's is no copy.
  const copy = (begin: number, end: number): Uint8Array<ArrayBuffer> => new Uint8Array(bytes.subarray(begin, end));
  const { entries, metadata } = parseHeader(copy(prefixBytes, dataStart), bytes.length, file);
  const tensors = entries.map((entry) => [entry.name, decodeTensor(entry, copy(entry.begin, entry.end), file)]);
  return { tensors: Object.fromEntries(tensors), metadata };
}

/**
 * The tensor of an entry.
 *
 * @param bytes Its bytes alone, at the start of a buffer that the result may keep.
 */
export function decodeTensor(entry: Entry, bytes: Uint8Array<ArrayBuffer>, file: string): TensorData {
  const { type, dtype, shape } = entry;
  if (type === "I64") return { dtype, shape, data: narrowInt64(entry, bytes, file) };
  if (type === "U8") return { dtype, shape, data: Int32Array.from(bytes) };
  if (dtype === "bool") checkBool(entry, bytes, file);
  return { dtype, shape, data: dtypes[dtype].view(bytes.buffer, 0, bytes.length / dtypes[dtype].bytes) };
}

/** A 64-bit integer fits into 32 bits where its upper half repeats the sign of the lower one. */
function narrowInt64({ name, begin }: Entry, bytes: Uint8Array<ArrayBuffer>, file: string): Int32Array {
  const halves = new Int32Array(bytes.buffer, 0, bytes.length / 4);
  const narrowed = new Int32Array(halves.length / 2);
  for (let i = 0; i < narrowed.length; i++) {
    const [low, high] = [halves[2 * i], halves[2 * i + 1]];
    if (high !== low >> 31) {
      const value = BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low >>> 0));
      throw formatError(file, begin + 8 * i, `${value} in tensor ${JSON.stringify(name)} is out of the range of int32`);
    }
    narrowed[i] = low;
  }
  return narrowed;
}

function checkBool({ name, begin }: Entry, bytes: Uint8Array, file: string): void {
  const wrong = bytes.findIndex((byte) => byte > 1);
  if (wrong < 0) return;
  throw formatError(file, begin + wrong, `${bytes[wrong]} in tensor ${JSON.stringify(name)} is not a bool, 0 or 1`);
}

/**
 * Writes tensors in the safetensors format: the same record gives the same bytes. Tensors of larger elements come
 * first, so that each is aligned to its own element size.
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, TensorData>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const parts = encodeParts(tensors, metadata);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The file in parts: prefix and header, then each tensor as a view of its data. */
export function encodeParts(
  tensors: Readonly<Record<string, TensorData>>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array[] {
  const sorted = Object.entries(tensors).sort(
    ([nameA, a], [nameB, b]) => dtypes[b.dtype].bytes - dtypes[a.dtype].bytes || (nameA < nameB ? -1 : 1),
  );
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [["__metadata__", metadata]] : [];
  const parts: Uint8Array[] = [];
  let begin = 0;
  for (const [name, tensor] of sorted) {
    const part = bytesOf(name, tensor);
    const end = begin + part.length;
    header.push([name, { dtype: storedAs[tensor.dtype], shape: tensor.shape, data_offsets: [begin, end] }]);
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

function bytesOf(name: string, { dtype, shape, data }: TensorData): Uint8Array {
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
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
