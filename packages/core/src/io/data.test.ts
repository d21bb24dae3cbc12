import fc from "fast-check";
import { expect, test } from "vitest";
import type { DType } from "../dtype.ts";
import { narrow, type TensorData, widen } from "./data.ts";

const everyPattern = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);

/** Value of a floating-point number from its fields, by the definition of IEEE 754. */
function decode(bits: number, exponentBits: number, fractionBits: number): number {
  const sign = bits >> (exponentBits + fractionBits) === 0 ? 1 : -1;
  const exponent = (bits >> fractionBits) & (2 ** exponentBits - 1);
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

test.each([
  ["float16", 5, 10],
  ["bfloat16", 8, 7],
] as const)("widening %s is exact for all 65,536 bit patterns", (dtype, exponentBits, fractionBits) => {
  const widened = widen({ dtype, shape: [2 ** 16], data: everyPattern });
  const expected = Array.from(everyPattern, (bits) => decode(bits, exponentBits, fractionBits));
  expect(widened.dtype).toBe("float32");
  expect(widened.shape).toEqual([2 ** 16]);
  // Object.is tells the zeros apart, and takes every NaN for the same.
  expect(expected.findIndex((value, bits) => !Object.is(value, widened.data[bits]))).toBe(-1);
});

test("widening keeps the payload and the sign of NaNs", () => {
  const bitsOf = (source: TensorData): Uint32Array => new Uint32Array(widen(source).data.buffer);
  const bfloat16 = bitsOf({ dtype: "bfloat16", shape: [2], data: Uint16Array.of(0x7fc1, 0xffa5) });
  expect([...bfloat16]).toEqual([0x7fc10000, 0xffa50000]);
  const float16 = bitsOf({ dtype: "float16", shape: [2], data: Uint16Array.of(0x7e01, 0xfd55) });
  expect([...float16]).toEqual([0x7fc02000, 0xffaaa000]);
});

test("int8 widens to int32, and what kernels compute in stays the same object", () => {
  const int8: TensorData = { dtype: "int8", shape: [3], data: Int8Array.of(-128, 0, 127) };
  expect(widen(int8)).toEqual({ dtype: "int32", shape: [3], data: Int32Array.of(-128, 0, 127) });
  const float64: TensorData = { dtype: "float64", shape: [], data: Float64Array.of(1) };
  expect(widen(float64)).toBe(float64);
});

test("16-bit floats are rounded once, also from float64", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -65504, max: 65504, noNaN: true }),
      fc.constantFrom("float16", "bfloat16"),
      (x, dtype) => {
        const [bits] = narrow(Float64Array.of(x), dtype as DType);
        const numberOf = (code: number): number =>
          widen({ dtype: dtype as DType, shape: [1], data: Uint16Array.of(code) }).data[0];
        const near = [bits - 1, bits, bits + 1].filter((code) => code >= 0 && code < 65536).map(numberOf);
        const distances = near.map((value) => Math.abs(value - x)).filter((d) => !Number.isNaN(d));
        expect(Math.abs(numberOf(bits) - x)).toBe(Math.min(...distances));
      },
    ),
    {
      examples: [
        [1 + 2 ** -11 + 2 ** -40, "float16"],
        [1 + 2 ** -8 + 2 ** -40, "bfloat16"],
      ],
    },
  );
});
