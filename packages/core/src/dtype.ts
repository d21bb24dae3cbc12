import { DTypeError } from "./errors.ts";

/**
 * Element types. `float32`, `int32` and `bool` compute on every backend, `float64` on the reference backend only;
 * `bfloat16`, `float16`, `int8` and `uint8` are storage: kernels widen them on load and round (or wrap) on store.
 */
export type DType = ComputeDType | "bfloat16" | "float16" | "int8" | "uint8";

/** The types in which kernels compute. */
export type ComputeDType = "float32" | "float64" | "int32" | "bool";

/** Host arrays of the dtypes; `bfloat16` and `float16` are held as their 16 bits, `bool` as 0 and 1. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array | Uint16Array | Int8Array;

interface DTypeInfo {
  /** Bytes of one element. */
  readonly bytes: number;
  /** The type in which a kernel computes after loading. */
  readonly compute: ComputeDType;
  /** Number of the dtype in plan keys. */
  readonly id: number;
  readonly create: (length: number) => TypedArray;
  readonly view: (buffer: ArrayBufferLike, byteOffset: number, length: number) => TypedArray;
}

export const dtypes: Readonly<Record<DType, DTypeInfo>> = {
  float32: {
    bytes: 4,
    compute: "float32",
    id: 0,
    create: (n) => new Float32Array(n),
    view: (b, o, n) => new Float32Array(b, o, n),
  },
  float64: {
    bytes: 8,
    compute: "float64",
    id: 1,
    create: (n) => new Float64Array(n),
    view: (b, o, n) => new Float64Array(b, o, n),
  },
  int32: {
    bytes: 4,
    compute: "int32",
    id: 2,
    create: (n) => new Int32Array(n),
    view: (b, o, n) => new Int32Array(b, o, n),
  },
  bool: {
    bytes: 1,
    compute: "bool",
    id: 3,
    create: (n) => new Uint8Array(n),
    view: (b, o, n) => new Uint8Array(b, o, n),
  },
  bfloat16: {
    bytes: 2,
    compute: "float32",
    id: 4,
    create: (n) => new Uint16Array(n),
    view: (b, o, n) => new Uint16Array(b, o, n),
  },
  float16: {
    bytes: 2,
    compute: "float32",
    id: 5,
    create: (n) => new Uint16Array(n),
    view: (b, o, n) => new Uint16Array(b, o, n),
  },
  int8: {
    bytes: 1,
    compute: "int32",
    id: 6,
    create: (n) => new Int8Array(n),
    view: (b, o, n) => new Int8Array(b, o, n),
  },
  uint8: {
    bytes: 1,
    compute: "int32",
    id: 7,
    create: (n) => new Uint8Array(n),
    view: (b, o, n) => new Uint8Array(b, o, n),
  },
};

/** @throws DTypeError for a name that no dtype has */
export function checkDType(op: string, dtype: DType): void {
  if (Object.hasOwn(dtypes, dtype)) return;
  throw new DTypeError(
    `${op}: dtype is ${Object.keys(dtypes).join(", ")}, not ${typeof dtype === "string" ? `"${dtype}"` : typeof dtype}`,
  );
}

/** True for `float32`, `float64` and the 16-bit floats. */
export function isFloat(dtype: DType): boolean {
  return dtypes[dtype].compute === "float32" || dtypes[dtype].compute === "float64";
}
