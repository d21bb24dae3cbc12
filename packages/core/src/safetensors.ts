/** The safetensors format, from bytes and to bytes; files are in `@tsuki/core/files`. */
export type { StoredType } from "./io/elements.ts";
export { type ByteSource, SafetensorsReader, type TensorInfo } from "./io/reader.ts";
export { decodeSafetensors, type EncodeOptions, encodeSafetensors, type Safetensors } from "./io/safetensors.ts";
