import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DType, TypedArray } from "../dtype.ts";
import { convert } from "./data.ts";
import { elementTypes, type StoredType } from "./elements.ts";
import { decodeMinifloat, minifloatEncoder } from "./minifloat.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

/** A tensor written as a type, and read again. */
function roundTrip(type: StoredType, dtype: DType, data: TypedArray, shape = [data.length]): TypedArray {
  const file = encodeSafetensors({ x: { dtype, shape, data } }, {}, { types: { x: type } });
  expect(new TextDecoder().decode(file)).toContain(`"dtype":"${type}"`);
  return decodeSafetensors(file).tensors.x.data;
}

/** The numbers that a type's tensors stand for. */
function numbers(type: StoredType, data: TypedArray): number[] {
  const wide = convert({ dtype: elementTypes[type].dtype, shape: [data.length], data }, "float32");
  return [...(wide as { data: TypedArray }).data];
}

const codes = (bits: number): number[] => Array.from({ length: 1 << bits }, (_, code) => code);

describe("small floats", () => {
  const formats = {
    F8_E4M3: { exponentBits: 4, mantissaBits: 3, bias: 7, special: "fn", least: 2 ** -9, largest: 448 },
    F8_E5M2: { exponentBits: 5, mantissaBits: 2, bias: 15, special: "ieee", least: 2 ** -16, largest: 57344 },
    F8_E4M3FNUZ: { exponentBits: 4, mantissaBits: 3, bias: 8, special: "fnuz", least: 2 ** -10, largest: 240 },
    F8_E5M2FNUZ: { exponentBits: 5, mantissaBits: 2, bias: 16, special: "fnuz", least: 2 ** -17, largest: 57344 },
    F6_E2M3: { exponentBits: 2, mantissaBits: 3, bias: 1, special: "none", least: 0.125, largest: 7.5 },
    F6_E3M2: { exponentBits: 3, mantissaBits: 2, bias: 3, special: "none", least: 2 ** -4, largest: 28 },
    F4: { exponentBits: 2, mantissaBits: 1, bias: 1, special: "none", least: 0.5, largest: 6 },
  } as const;

  test.each(Object.entries(formats))("%s: every code stands for one number, and back", (type, format) => {
    const { bits } = elementTypes[type as StoredType];
    const encode = minifloatEncoder(format);
    const values = codes(bits).map((code) => decodeMinifloat(format, code));
    const finite = values.filter((value) => Number.isFinite(value) && value > 0);
    expect([Math.min(...finite), Math.max(...finite)]).toEqual([format.least, format.largest]);
    for (const [code, value] of values.entries()) {
      if (Number.isNaN(value)) expect(decodeMinifloat(format, encode(value))).toBeNaN();
      else expect(encode(value)).toBe(code);
    }
  });

  test.each(Object.entries(formats))("%s takes the nearest number, of two the even code", (_type, format) => {
    const encode = minifloatEncoder(format);
    const finite = codes(1 + format.exponentBits + format.mantissaBits)
      .map((code) => ({ code, value: decodeMinifloat(format, code) }))
      .filter(({ value }) => Number.isFinite(value));
    fc.assert(
      fc.property(fc.double({ min: -format.largest, max: format.largest, noNaN: true }), (x) => {
        const distance = Math.min(...finite.map(({ value }) => Math.abs(value - x)));
        const nearest = finite.filter(({ value }) => Math.abs(value - x) === distance);
        const code = encode(x);
        expect(nearest.map((candidate) => candidate.code)).toContain(code);
        if (new Set(nearest.map(({ value }) => value)).size > 1) expect(code % 2).toBe(0);
      }),
    );
  });

  test.each(Object.keys(formats) as StoredType[])("%s is packed, written and read", (type) => {
    const { bits, dtype } = elementTypes[type];
    const values = numbers(type, roundTrip(type, "float32", Float32Array.of(0.5, -1, 2, 0, 1, 1.5, -0.5, 4)));
    expect(values).toEqual([0.5, -1, 2, 0, 1, 1.5, -0.5, 4]);
    const file = encodeSafetensors(
      { x: { dtype: "float64", shape: [8], data: new Float64Array(8) } },
      {},
      { types: { x: type } },
    );
    expect(new TextDecoder().decode(file)).toContain(`"data_offsets":[0,${bits}]`);
    expect(decodeSafetensors(file).tensors.x.dtype).toBe(dtype);
  });

  test("beyond the largest number: infinity where there is one, else the largest; NaN where there is one", () => {
    const big = Float32Array.of(1e9, -1e9, Number.NaN, Number.POSITIVE_INFINITY);
    expect(numbers("F8_E5M2", roundTrip("F8_E5M2", "float32", big))).toEqual([
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ]);
    expect(numbers("F8_E4M3", roundTrip("F8_E4M3", "float32", big))).toEqual([448, -448, Number.NaN, 448]);
    expect(numbers("F4", roundTrip("F4", "float32", Float32Array.of(1e9, -1e9)))).toEqual([6, -6]);
    expect(() => roundTrip("F4", "float32", Float32Array.of(1, Number.NaN))).toThrow(
      'tensor "x", element 1, as F4: NaN does not fit',
    );
    expect(() => roundTrip("F8_E8M0", "float32", Float32Array.of(1, 0))).toThrow(
      /element 1, as F8_E8M0: 0 does not fit/,
    );
  });

  test("numbers are rounded once, from what they were", () => {
    const above = (x: number): Float32Array => Float32Array.of(x + 2 ** -18);
    expect(numbers("F8_E4M3", roundTrip("F8_E4M3", "float32", above(1.0625)))).toEqual([1.125]);
    expect(numbers("F8_E5M2", roundTrip("F8_E5M2", "float32", above(1.125)))).toEqual([1.25]);
    expect(numbers("F8_E8M0", roundTrip("F8_E8M0", "float32", Float32Array.of(1.45, 1.55)))).toEqual([1, 2]);
  });

  test("scales are powers of two", () => {
    const scales = Float32Array.of(1, 2 ** -127, 2 ** 127, 0.25, Number.NaN);
    expect(numbers("F8_E8M0", roundTrip("F8_E8M0", "float32", scales))).toEqual([...scales]);
  });

  test("elements that end within a byte are refused", () => {
    expect(() => roundTrip("F4", "float32", Float32Array.of(1))).toThrow('tensor "x", F4 [1], ends within a byte');
  });
});

describe("integers and complex numbers", () => {
  const ranges: [StoredType, number, number][] = [
    ["I64", -(2 ** 31), 2 ** 31 - 1],
    ["U64", 0, 2 ** 31 - 1],
    ["U32", 0, 2 ** 31 - 1],
    ["I16", -(2 ** 15), 2 ** 15 - 1],
    ["U16", 0, 2 ** 16 - 1],
    ["I8", -128, 127],
    ["U8", 0, 255],
  ];

  test.each(ranges)("%s holds the int32 from %d to %d", (type, min, max) => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min, max })), (values) => {
        expect([...roundTrip(type, "int32", Int32Array.from(values))]).toEqual(values);
      }),
    );
    for (const beyond of [min - 1, max + 1]) {
      if (beyond !== (beyond | 0)) continue;
      expect(() => roundTrip(type, "int32", Int32Array.of(beyond))).toThrow(/tensor "x"/);
    }
  });

  test("complex numbers have a last axis of two parts", () => {
    const file = encodeSafetensors(
      { x: { dtype: "float32", shape: [1, 2], data: Float32Array.of(1, -2) } },
      {},
      { types: { x: "C64" } },
    );
    expect(new TextDecoder().decode(file)).toContain('"dtype":"C64","shape":[1]');
    expect(decodeSafetensors(file).tensors.x).toEqual({
      dtype: "float32",
      shape: [1, 2],
      data: Float32Array.of(1, -2),
    });
  });

  test("floats are no integers, nor the other way round; an unknown name is an error", () => {
    expect(() => roundTrip("I64", "float32", Float32Array.of(1))).toThrow(
      'tensor "x" is float32, which cannot be written as I64',
    );
    expect(() => roundTrip("F8_E4M3", "int32", Int32Array.of(1))).toThrow(/cannot be written as F8_E4M3/);
    expect(() => encodeSafetensors({}, {}, { types: { y: "I64" } })).toThrow('types: there is no tensor "y"');
  });
});
