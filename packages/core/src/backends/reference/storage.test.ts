import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { narrow, widen } from "./storage.ts";

/** All bit patterns of 16 bits. */
const patterns = Uint16Array.from({ length: 65536 }, (_, i) => i);

describe.each([
  { dtype: "bfloat16", one: 0x3f80, next: 1.0078125, largest: 3.3895313892515355e38, least: 2 ** -133 },
  { dtype: "float16", one: 0x3c00, next: 1.0009765625, largest: 65504, least: 2 ** -24 },
] as const)("$dtype", ({ dtype, one, next, largest, least }) => {
  const back = (value: number): number => widen(narrow(Float32Array.of(value), dtype), dtype)[0];

  test("widens landmarks", () => {
    expect([...widen(Uint16Array.of(0, 0x8000, one, one + 1, 1), dtype)]).toEqual([0, -0, 1, next, least]);
  });

  test("narrowing takes every widened pattern back; NaN stays NaN", () => {
    const widened = widen(patterns, dtype);
    const narrowed = narrow(widened, dtype);
    const back = widen(narrowed, dtype);
    expect(patterns.filter((bits, i) => narrowed[i] !== bits && !Number.isNaN(widened[i]))).toEqual(new Uint16Array(0));
    expect(patterns.filter((_, i) => !Object.is(back[i], widened[i]))).toEqual(new Uint16Array(0));
  });

  test("narrowing rounds to the nearest, ties to even, and overflows to infinity", () => {
    const half = (next - 1) / 2;
    expect(back(1 + half)).toBe(1);
    expect(back(1 + 3 * half)).toBe(1 + 4 * half);
    expect(back(1 + half * 1.01)).toBe(next);
    expect(back(largest)).toBe(largest);
    expect(back(dtype === "float16" ? 65520 : 3.4e38)).toBe(Infinity);
    expect(back(-least / 2)).toBe(-0);
  });

  test("no other value is nearer", () => {
    const values = [...widen(patterns, dtype)].filter((value) => Number.isFinite(value));
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true, min: -60000, max: 60000 }), (value) => {
        const distance = Math.abs(back(value) - value);
        expect(values.some((other) => Math.abs(other - value) < distance)).toBe(false);
      }),
    );
  });
});

test("int8 widens to int32 and back", () => {
  const bytes = Int8Array.of(-128, -1, 0, 127);
  expect(widen(bytes, "int8")).toEqual(Int32Array.of(-128, -1, 0, 127));
  expect(narrow(widen(bytes, "int8"), "int8")).toEqual(bytes);
});
