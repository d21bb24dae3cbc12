/** Tensors from nothing. */
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import "../backends/reference/index.ts";
import {
  ArgumentError,
  arange,
  DTypeError,
  eye,
  fullLike,
  linspace,
  onesLike,
  setDefaultDevice,
  stats,
  tensor,
  withDefaultDtype,
  zerosLike,
} from "../index.ts";

beforeEach(() => {
  setDefaultDevice("reference");
});

const whole = fc.integer({ min: -50, max: 50 });
const steps = fc.integer({ min: -7, max: 7 }).filter((step) => step !== 0);

describe("arange", () => {
  it("counts from start to before stop in steps", async () => {
    await fc.assert(
      fc.asyncProperty(whole, whole, steps, async (start, stop, step) => {
        const expected: number[] = [];
        for (let value = start; step > 0 ? value < stop : value > stop; value += step) expected.push(value);
        const counted = arange(start, stop, step);
        expect(counted.dtype).toBe("int32");
        expect(await counted.array()).toEqual(expected);
        expect(await arange(start / 4, stop / 4, step / 4).array()).toEqual(expected.map((value) => value / 4));
        expect(await arange(start, stop, step, { dtype: "float64" }).array()).toEqual(expected);
      }),
    );
  });

  it("has the default float type where a number is no whole one", () => {
    expect(arange(0, 1, 0.25).dtype).toBe("float32");
    expect(withDefaultDtype("float64", () => arange(0.5, 2)).dtype).toBe("float64");
    expect(arange(3, { dtype: "bool" }).dtype).toBe("bool");
  });

  it("takes start and step as data", async () => {
    await arange(1, 9, 2).data();
    const before = stats().plansCompiled;
    await arange(5, 17, 3).data();
    expect(stats().plansCompiled).toBe(before);
  });
});

describe("linspace", () => {
  it("has both ends exactly, and equal distances", async () => {
    await fc.assert(
      fc.asyncProperty(whole, whole, fc.integer({ min: 2, max: 30 }), async (start, stop, n) => {
        const values = await linspace(start / 3, stop / 3, n, { dtype: "float64" }).data();
        expect(values).toHaveLength(n);
        expect(values[0]).toBe(start / 3);
        expect(values[n - 1]).toBe(stop / 3);
        for (const [i, value] of values.entries()) {
          expect(Math.abs(value - (start + ((stop - start) * i) / (n - 1)) / 3)).toBeLessThan(1e-13);
        }
      }),
    );
  });

  it("of one number is the start, of none empty", async () => {
    expect(await linspace(3, 4, 1).array()).toEqual([3]);
    expect(await linspace(3, 4, 0).array()).toEqual([]);
    expect(await linspace(0, 4, 3, { dtype: "int32" }).array()).toEqual([0, 2, 4]);
  });
});

it("like another tensor: its shape, its dtype unless another is given", async () => {
  const x = tensor(Int32Array.of(1, 2));
  expect(await fullLike(x, 7).array()).toEqual([7, 7]);
  expect([zerosLike(x).dtype, onesLike(x, { dtype: "float32" }).dtype, fullLike(x, 1).dtype]).toEqual([
    "int32",
    "float32",
    "int32",
  ]);
  expect(() => fullLike(x, 0.5)).toThrow(DTypeError);
});

describe("errors", () => {
  it.each<[string, () => unknown, new (message: string) => Error, RegExp]>([
    ["arange", () => arange(0, 5, 0), ArgumentError, /arange: no list leads from 0 to 5 in steps of 0/],
    ["arange", () => arange(Number.NaN), ArgumentError, /arange: no list leads from 0 to NaN in steps of 1/],
    ["arange", () => arange(0, Number.POSITIVE_INFINITY), ArgumentError, /arange: no list leads from 0 to Infinity/],
    ["arange", () => arange(0, 1, 0.5, { dtype: "int32" }), DTypeError, /arange: 0.5 is no int32/],
    ["linspace", () => linspace(0, 1, -1), ArgumentError, /linspace: n .* not -1/],
    ["eye", () => eye(2, 0.5), ArgumentError, /eye: m .* not 0.5/],
  ])("%s", (_name, call, kind, message) => {
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});
