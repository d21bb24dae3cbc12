import { type DType, dtypes, isFloat, type TypedArray } from "../dtype.ts";

/** A host copy of a tensor: its elements in row-major order. */
export interface TensorData {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** As `dtypes` says: `bfloat16` and `float16` are held as their 16 bits, `bool` as 0 and 1. */
  readonly data: TypedArray;
}

/**
 * The same values in the type in which kernels compute: `bfloat16` and `float16` become `float32`, bit for bit (NaN
 * payloads too), `int8` and `uint8` become `int32`. Data that need no widening are returned as they are.
 */
export function widen(source: TensorData): TensorData {
  const { dtype, shape, data } = source;
  const compute = dtypes[dtype].compute;
  if (compute === dtype) return source;
  if (compute === "int32") return { dtype: compute, shape, data: Int32Array.from(data) };
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

/**
 * Values of the type in which kernels compute as a storage type holds them: 16-bit floats are rounded to nearest, ties to
 * even, with one NaN; 8-bit integers wrap. The inverse of `widen` where that is exact.
 */
export function narrow(computed: ArrayLike<number>, dtype: DType): TypedArray {
  if (dtype === "bfloat16") return Uint16Array.from(computed, toBFloat16);
  if (dtype === "float16") return Uint16Array.from(computed, toFloat16);
  const narrowed = dtypes[dtype].create(computed.length);
  narrowed.set(computed);
  return narrowed;
}

/** The same values in another dtype; `null` between floats and integers, or where an integer does not fit. */
export function convert(source: TensorData, dtype: DType): TensorData | null {
  if (source.dtype === dtype) return source;
  const wide = widen(source);
  if (wide.dtype === dtype) return wide;
  if (dtype === "bool" || source.dtype === "bool" || isFloat(source.dtype) !== isFloat(dtype)) return null;
  const data = narrow(wide.data, dtype);
  if (!isFloat(dtype) && wide.data.some((value, i) => value !== data[i])) return null;
  return { dtype, shape: wide.shape, data };
}

const word = new Uint32Array(1);
const single = new Float32Array(word.buffer);

/**
 * Puts a number into `single`, and marks what is lost in the lowest bit: rounding it further is then as if it were rounded
 * once (round to odd).
 */
function toSingle(value: number): void {
  single[0] = value;
  if (single[0] === value || Number.isNaN(value)) return;
  if (Math.abs(single[0]) > Math.abs(value)) word[0]--;
  word[0] |= 1;
}

function toBFloat16(value: number): number {
  toSingle(value);
  if (Number.isNaN(value)) return 0x7fc0;
  return (word[0] + 0x7fff + ((word[0] >>> 16) & 1)) >>> 16;
}

function toFloat16(value: number): number {
  toSingle(value);
  const sign = (word[0] >>> 16) & 0x8000;
  const magnitude = Math.abs(single[0]);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  // Adding a power of two whose last place is the wanted one rounds to it, ties to even; below 2⁻¹⁴ that is 2⁻²⁴.
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude)));
  const unit = 2 ** (exponent - 10);
  const units = magnitude / unit + 2 ** 52 - 2 ** 52;
  return sign | (units + (exponent + 14) * 1024);
}
