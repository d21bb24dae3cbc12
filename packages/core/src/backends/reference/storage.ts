import type { DType, TypedArray } from "../../dtype.ts";
import { widen as widenData } from "../../io/data.ts";

/** Widens elements as they are stored to the dtype in which kernels compute; arrays of a compute dtype stay as they are. */
export function widen(stored: TypedArray, dtype: DType): TypedArray {
  return widenData({ dtype, shape: [stored.length], data: stored }).data;
}

/** Rounds computed elements (to nearest, ties to even) to a storage dtype; the inverse of `widen` where that is exact. */
export function narrow(computed: TypedArray, dtype: DType): TypedArray {
  if (dtype === "bfloat16") return Uint16Array.from(computed, toBFloat16);
  if (dtype === "float16") return Uint16Array.from(computed, toFloat16);
  if (dtype === "int8") return Int8Array.from(computed);
  return computed;
}

const word = new Uint32Array(1);
const single = new Float32Array(word.buffer);

function toBFloat16(value: number): number {
  single[0] = value;
  if (Number.isNaN(value)) return (word[0] >>> 16) | 0x40;
  return (word[0] + 0x7fff + ((word[0] >>> 16) & 1)) >>> 16;
}

function toFloat16(value: number): number {
  single[0] = value;
  const sign = (word[0] >>> 16) & 0x8000;
  const magnitude = Math.abs(single[0]);
  if (Number.isNaN(value)) return sign | 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  // Adding a power of two whose last place is the wanted one rounds to it, ties to even; below 2⁻¹⁴ that is 2⁻²⁴.
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude)));
  const unit = 2 ** (exponent - 10);
  const units = magnitude / unit + 2 ** 52 - 2 ** 52;
  return sign | (units + (exponent + 14) * 1024);
}
