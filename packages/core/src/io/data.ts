import { type DType, dtypes, type TypedArray } from "../dtype.ts";

/** A host copy of a tensor: its elements in row-major order. */
export interface TensorData {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** As `dtypes` says: `bfloat16` and `float16` are held as their 16 bits, `bool` as 0 and 1. */
  readonly data: TypedArray;
}

/**
 * The same values in the type in which kernels compute: `bfloat16` and `float16` become `float32`, bit for bit (NaN
 * payloads too), `int8` becomes `int32`. Data that need no widening are returned as they are.
 */
export function widen(source: TensorData): TensorData {
  const { dtype, shape, data } = source;
  const compute = dtypes[dtype].compute;
  if (compute === dtype) return source;
  if (dtype === "int8") return { dtype: compute, shape, data: Int32Array.from(data) };
  const widened = new Float32Array(data.length);
  const bits = new Uint32Array(widened.buffer);
  if (dtype === "bfloat16") widenBfloat16(data, bits);
  else widenFloat16(data, bits, widened);
  return { dtype: compute, shape, data: widened };
}

/** A bfloat16 is the upper half of a float32. */
function widenBfloat16(source: TypedArray, bits: Uint32Array): void {
  for (let i = 0; i < source.length; i++) bits[i] = source[i] << 16;
}

/**
 * The fields of a float16 (1, 5 and 10 bits) move to their places in a float32 (1, 8 and 23), which leaves the exponent
 * low by 127 − 15 = 112. A product with 2^112 mends that, exactly, for subnormal numbers too; infinities and NaNs get
 * their exponent directly.
 */
function widenFloat16(source: TypedArray, bits: Uint32Array, values: Float32Array): void {
  for (let i = 0; i < source.length; i++) {
    const sign = (source[i] & 0x8000) << 16;
    const magnitude = source[i] & 0x7fff;
    bits[i] = sign | (magnitude << 13);
    if (magnitude >= 0x7c00) bits[i] |= 0x7f800000;
    else values[i] *= 2 ** 112;
  }
}
