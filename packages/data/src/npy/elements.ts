import { type DType, dtypes, type TypedArray } from "@tsuki/core";

/** How elements of a type become those of a dtype. */
interface ElementType {
  readonly dtype: DType;
  /** Bytes of one element. */
  readonly bytes: number;
  /** Reads an element, where it is not held as it is stored. */
  readonly read?: (view: DataView, at: number) => number | bigint;
}

/**
 * NumPy's types without their byte order. 64-bit and unsigned integers must fit into 32 bits; `V2`, two bytes of no type, is
 * what NumPy makes of the bfloat16 of ml_dtypes.
 */
export const elementTypes: ReadonlyMap<string, ElementType> = new Map<string, ElementType>([
  ["f4", { dtype: "float32", bytes: 4 }],
  ["f8", { dtype: "float64", bytes: 8 }],
  ["i4", { dtype: "int32", bytes: 4 }],
  ["b1", { dtype: "bool", bytes: 1 }],
  ["V2", { dtype: "bfloat16", bytes: 2 }],
  ["f2", { dtype: "float16", bytes: 2 }],
  ["i1", { dtype: "int8", bytes: 1 }],
  ["u1", { dtype: "uint8", bytes: 1 }],
  ["i2", { dtype: "int32", bytes: 2, read: (view, at) => view.getInt16(at, true) }],
  ["u2", { dtype: "int32", bytes: 2, read: (view, at) => view.getUint16(at, true) }],
  ["u4", { dtype: "int32", bytes: 4, read: (view, at) => view.getUint32(at, true) }],
  ["i8", { dtype: "int32", bytes: 8, read: (view, at) => view.getBigInt64(at, true) }],
  ["u8", { dtype: "int32", bytes: 8, read: (view, at) => view.getBigUint64(at, true) }],
]);

/** NumPy's name of a dtype, with its byte order. */
export function descrOf(dtype: DType): string {
  const [name] = [...elementTypes].find(([, type]) => type.dtype === dtype && !type.read) ?? [""];
  return `${dtypes[dtype].bytes === 1 ? "|" : "<"}${name}`;
}

/**
 * Elements that are stored from their lowest byte up.
 *
 * @param bytes In a buffer of their own.
 * @param fail Throws the error of an element.
 */
export function decodeElements(
  bytes: Uint8Array,
  type: ElementType,
  fail: (element: number, problem: string) => never,
): TypedArray {
  const { dtype, bytes: width, read } = type;
  if (!read) {
    const wrong = dtype === "bool" ? bytes.findIndex((byte) => byte > 1) : -1;
    if (wrong >= 0) fail(wrong, `${bytes[wrong]} is not a bool, 0 or 1`);
    return dtypes[dtype].view(bytes.buffer, bytes.byteOffset, bytes.length / width);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = new Int32Array(bytes.length / width);
  for (let i = 0; i < values.length; i++) {
    const value = read(view, i * width);
    values[i] = Number(value);
    if (values[i] !== Number(value)) fail(i, `${value} is out of the range of int32`);
  }
  return values;
}

/** Turns the bytes of each element round, in place. */
export function swapBytes(bytes: Uint8Array, width: number): void {
  for (let begin = 0; begin < bytes.length; begin += width) bytes.subarray(begin, begin + width).reverse();
}

/** Elements in column-major order, the first axis fastest, in row-major order. */
export function toRowMajor(elements: TypedArray, shape: readonly number[]): TypedArray {
  const ordered = elements.slice();
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, extent) => product * extent, 1));
  let from = 0;
  for (let to = 0; to < ordered.length; to++) {
    ordered[to] = elements[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return ordered;
}
