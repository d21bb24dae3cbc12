import { type DType, dtypes, type TypedArray } from "../dtype.ts";
import { narrow } from "./data.ts";
import { decodeMinifloat, type Minifloat, minifloatEncoder } from "./minifloat.ts";

/** The element types of the safetensors format, by its names. */
export type StoredType =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "F8_E4M3"
  | "F8_E5M2"
  | "F8_E4M3FNUZ"
  | "F8_E5M2FNUZ"
  | "F8_E8M0"
  | "F6_E2M3"
  | "F6_E3M2"
  | "F4"
  | "C64"
  | "I64"
  | "U64"
  | "I32"
  | "U32"
  | "I16"
  | "U16"
  | "I8"
  | "U8"
  | "BOOL";

/** Reports what is wrong with element `i` of a tensor. */
type Fail = (element: number, problem: string) => never;

interface ElementType {
  /** Bits of one element. */
  readonly bits: number;
  /** The dtype that its tensors have here. */
  readonly dtype: DType;
  /** Numbers for each element: a complex number has two, along a last axis. */
  readonly parts?: 2;
  /** The contents from a tensor's bytes, wherever they lie; absent: the bytes are the contents. */
  decode?(bytes: Uint8Array, fail: Fail): TypedArray;
  /** Whether the bytes are such contents. */
  check?(bytes: Uint8Array, fail: Fail): void;
  /** The bytes of numbers, floats for a float type and whole ones for an integer type. */
  encode?(values: TypedArray, fail: Fail): Uint8Array;
}

const small = (bits: number, exponentBits: number, bias: number, special: Minifloat["special"]): ElementType => {
  const format = { exponentBits, mantissaBits: bits - 1 - exponentBits, bias, special };
  return coded(bits, "float16", (code) => decodeMinifloat(format, code), minifloatEncoder(format));
};

/** What tensors of each type are here; 64-bit and unsigned integers must fit into 32 bits. */
export const elementTypes: Readonly<Record<StoredType, ElementType>> = {
  F64: { bits: 64, dtype: "float64" },
  F32: { bits: 32, dtype: "float32" },
  F16: { bits: 16, dtype: "float16" },
  BF16: { bits: 16, dtype: "bfloat16" },
  F8_E4M3: small(8, 4, 7, "fn"),
  F8_E5M2: small(8, 5, 15, "ieee"),
  F8_E4M3FNUZ: small(8, 4, 8, "fnuz"),
  F8_E5M2FNUZ: small(8, 5, 16, "fnuz"),
  F8_E8M0: coded(8, "bfloat16", (code) => (code === 255 ? Number.NaN : 2 ** (code - 127)), encodeExponent),
  F6_E2M3: small(6, 2, 1, "none"),
  F6_E3M2: small(6, 3, 3, "none"),
  F4: small(4, 2, 1, "none"),
  C64: { bits: 64, dtype: "float32", parts: 2 },
  I64: wide(true),
  U64: wide(false),
  I32: { bits: 32, dtype: "int32" },
  U32: integers(Uint32Array),
  I16: integers(Int16Array),
  U16: integers(Uint16Array),
  I8: { bits: 8, dtype: "int8" },
  U8: { bits: 8, dtype: "uint8" },
  BOOL: { bits: 8, dtype: "bool", check: checkBool },
};

/** The type in which a dtype is written where no other is asked for. */
export const storedAs: Readonly<Record<DType, StoredType>> = {
  float32: "F32",
  float64: "F64",
  int32: "I32",
  bool: "BOOL",
  bfloat16: "BF16",
  float16: "F16",
  int8: "I8",
  uint8: "U8",
};

/** Types whose elements are codes of at most 8 bits, packed from the lowest bit up. */
function coded(
  bits: number,
  dtype: "float16" | "bfloat16",
  decode: (code: number) => number,
  /** −1: there is no code for it. */
  encode: (value: number) => number,
): ElementType {
  let table: TypedArray | null = null;
  return {
    bits,
    dtype,
    decode(bytes) {
      table ??= narrow(
        Float32Array.from({ length: 1 << bits }, (_, code) => decode(code)),
        dtype,
      );
      const values = new Uint16Array((bytes.length * 8) / bits);
      for (let i = 0; i < values.length; i++) {
        const [at, shift] = [(i * bits) >> 3, (i * bits) & 7];
        const word = bytes[at] | ((bytes[at + 1] ?? 0) << 8);
        values[i] = table[(word >> shift) & ((1 << bits) - 1)];
      }
      return values;
    },
    encode(values, fail) {
      const bytes = new Uint8Array((values.length * bits) / 8);
      for (const [i, value] of values.entries()) {
        const found = encode(value);
        if (found < 0) fail(i, `${value} does not fit`);
        const [at, code] = [(i * bits) >> 3, found << ((i * bits) & 7)];
        bytes[at] |= code;
        if (code > 0xff) bytes[at + 1] |= code >> 8;
      }
      return bytes;
    },
  };
}

/** The nearest power of two, as its exponent; −1 for what is none (0, negative, infinite). */
function encodeExponent(value: number): number {
  if (Number.isNaN(value)) return 255;
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) return -1;
  const below = Math.floor(Math.log2(value));
  return Math.min(Math.max(below + Number(value / 2 ** below >= 1.5) + 127, 0), 254);
}

/** Integers of 16 or 32 bits. */
function integers(Stored: typeof Uint32Array | typeof Int16Array | typeof Uint16Array): ElementType {
  const read = (view: DataView, at: number): number => {
    if (Stored === Uint32Array) return view.getUint32(at, true);
    return Stored === Int16Array ? view.getInt16(at, true) : view.getUint16(at, true);
  };
  return {
    bits: 8 * Stored.BYTES_PER_ELEMENT,
    dtype: "int32",
    decode(bytes, fail) {
      const view = viewOf(bytes);
      const values = new Int32Array(bytes.length / Stored.BYTES_PER_ELEMENT);
      for (let i = 0; i < values.length; i++) {
        const value = read(view, i * Stored.BYTES_PER_ELEMENT);
        if (value > 0x7fffffff) fail(i, `${value} is out of the range of int32`);
        values[i] = value;
      }
      return values;
    },
    encode(values, fail) {
      const stored = Stored.from(values);
      const wrong = values.findIndex((value, i) => value !== stored[i]);
      return wrong < 0 ? new Uint8Array(stored.buffer) : fail(wrong, `${values[wrong]} does not fit`);
    },
  };
}

/** 64-bit integers: they fit into 32 bits where the upper half repeats the sign of the lower one. */
function wide(signed: boolean): ElementType {
  return {
    bits: 64,
    dtype: "int32",
    decode(bytes, fail) {
      const view = viewOf(bytes);
      const values = new Int32Array(bytes.length / 8);
      for (let i = 0; i < values.length; i++) {
        const low = view.getInt32(8 * i, true);
        if (view.getInt32(8 * i + 4, true) !== low >> 31 || (!signed && low < 0)) {
          const value = signed ? view.getBigInt64(8 * i, true) : view.getBigUint64(8 * i, true);
          fail(i, `${value} is out of the range of int32`);
        }
        values[i] = low;
      }
      return values;
    },
    encode(values, fail) {
      const wrong = signed ? -1 : values.findIndex((value) => value < 0);
      if (wrong >= 0) fail(wrong, `${values[wrong]} does not fit`);
      return new Uint8Array(Int32Array.from({ length: 2 * values.length }, (_, i) => at(values, i)).buffer);
    },
  };
}

/** Half i of a 64-bit integer: the number, then its sign. */
function at(values: TypedArray, i: number): number {
  return i % 2 === 0 ? values[i / 2] : values[(i - 1) / 2] >> 31;
}

function checkBool(bytes: Uint8Array, fail: Fail): void {
  const wrong = bytes.findIndex((byte) => byte > 1);
  if (wrong >= 0) fail(wrong, `${bytes[wrong]} is not a bool, 0 or 1`);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Bytes of a number of elements; `null`: they do not fill whole bytes. */
export function bytesOfElements(type: StoredType, elements: number): number | null {
  const bits = elements * elementTypes[type].bits;
  return bits % 8 === 0 ? bits / 8 : null;
}

/** The host array of a dtype over bytes. */
export function viewBytes(bytes: Uint8Array, dtype: DType): TypedArray {
  return dtypes[dtype].view(bytes.buffer, bytes.byteOffset, bytes.length / dtypes[dtype].bytes);
}
