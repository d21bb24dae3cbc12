import fc from "fast-check";
import { type DType, dtypes, type TypedArray } from "../../src/dtype.ts";

/** The float dtype in which a family of cases computes. */
export type FloatDType = "float32" | "float64";

const special32 = [0, -0, 1, -1, NaN, Infinity, -Infinity, 1.401298464324817e-45, -1.1754942106924411e-38];
const edges32 = [1.1754943508222875e-38, 3.4028234663852886e38, 16777216, 2147483648, -2147483648, 2147483520];
const halves = [0.5, -0.5, 1.5, 2.5, -2.5, 0.49999997, 8388607.5];
const special64 = [
  5e-324, -2.2250738585072009e-308, 2.2250738585072014e-308, 1.7976931348623157e308, 4503599627370495.5,
];

/** Ordinary numbers and every kind of special one: NaN, ±∞, ±0, subnormals, ties of rounding, the edges of int32. */
export function floats(float: FloatDType): fc.Arbitrary<number> {
  const ordinary = fc.double({ min: -100, max: 100, noNaN: true });
  if (float === "float64")
    return fc.oneof(fc.constantFrom(...special32, ...halves, ...special64), fc.double(), ordinary);
  return fc.oneof(
    fc.constantFrom(...special32, ...edges32, ...halves),
    fc.float(),
    ordinary.map((x) => Math.fround(x)),
  );
}

/** Finite numbers between −max and max. */
export function finite(float: FloatDType, max: number): fc.Arbitrary<number> {
  const number = fc.double({ min: -max, max, noNaN: true });
  return float === "float64" ? number : number.map((x) => Math.fround(x));
}

/** Small whole numbers, whose sums and products are exact in any order. */
export const wholes: fc.Arbitrary<number> = fc.integer({ min: -8, max: 8 });

export const ints: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, 1, -1, 2, 3, -7, 2147483647, -2147483648, 65536),
  fc.integer(),
  fc.integer({ min: -20, max: 20 }),
);

/** Values and the order in which an array takes them: cheap to generate at any size, and it shrinks. */
export interface Pool {
  readonly values: readonly number[];
  readonly salt: number;
}

export function pools(value: fc.Arbitrary<number>): fc.Arbitrary<Pool> {
  return fc.record({ values: fc.array(value, { minLength: 1, maxLength: 40 }), salt: fc.nat(1000) });
}

/** An array that takes the pool's values in a scrambled order. */
export function filled(dtype: DType, size: number, { values, salt }: Pool): TypedArray {
  const data = dtypes[dtype].create(size);
  for (let i = 0; i < size; i++) data[i] = values[scramble(i + salt * 7919) % values.length];
  return data;
}

/** A fixed hash of a whole number: 0 … 2³² − 1. */
export function scramble(n: number): number {
  let h = Math.imul(n ^ 0x9e3779b9, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
