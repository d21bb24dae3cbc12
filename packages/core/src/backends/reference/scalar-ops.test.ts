import { describe, expect, test } from "vitest";
import { type ComputeDType, dtypes, type TypedArray } from "../../dtype.ts";
import type { ScalarOp } from "../../plan/expr.ts";
import { scalarOps } from "./scalar-ops.ts";

function computed(op: ScalarOp, result: ComputeDType, from: ComputeDType[], ...inputs: number[][]): number[] {
  const arrays = inputs.map((values, i): TypedArray => {
    const array = dtypes[from[i]].create(values.length);
    array.set(values);
    return array;
  });
  const out = dtypes[result].create(inputs[0].length);
  scalarOps[op](out, ...arrays);
  return [...out];
}

const least = -(2 ** 31);
const most = 2 ** 31 - 1;

describe("float operations", () => {
  test("round once, to the dtype", () => {
    expect(computed("add", "float32", ["float32", "float32"], [16777216, 1], [1, 2 ** -24])).toEqual([16777216, 1]);
    expect(computed("add", "float64", ["float64", "float64"], [16777216], [1])).toEqual([16777217]);
    expect(computed("div", "float32", ["float32", "float32"], [1, 1, -1, 0], [3, 0, 0, 0])).toEqual([
      Math.fround(1 / 3),
      Infinity,
      -Infinity,
      NaN,
    ]);
    expect(computed("mul", "float32", ["float32", "float32"], [1e-30], [1e-15])).toEqual([Math.fround(1e-45)]);
  });

  test("mulAdd rounds the product, then the sum", () => {
    const x = 1 + 2 ** -23;
    const three: ComputeDType[] = ["float32", "float32", "float32"];
    expect(computed("mulAdd", "float32", three, [x], [x], [-1])).toEqual([2 ** -22]);
  });

  test("round goes to the even neighbour of a tie and keeps the sign of zero", () => {
    expect(computed("round", "float32", ["float32"], [0.5, 1.5, 2.5, -0.5, -1.5, 0.49999997, -0.2, -0])).toEqual([
      0, 2, 2, -0, -2, 0, -0, -0,
    ]);
    expect(computed("round", "float64", ["float64"], [4503599627370495.5, NaN, -Infinity])).toEqual([
      4503599627370496,
      NaN,
      -Infinity,
    ]);
  });

  test("min and max give NaN where either is, and order the zeros", () => {
    const two: ComputeDType[] = ["float32", "float32"];
    expect(computed("max", "float32", two, [NaN, 1, -0], [1, NaN, 0])).toEqual([NaN, NaN, 0]);
    expect(computed("min", "float32", two, [NaN, 1, 0], [1, NaN, -0])).toEqual([NaN, NaN, -0]);
  });

  test("pow has C's edges where JavaScript has others", () => {
    const two: ComputeDType[] = ["float64", "float64"];
    expect(computed("pow", "float64", two, [1, 1, -1, NaN, NaN, -8], [NaN, Infinity, -Infinity, 0, 1, 1 / 3])).toEqual([
      1,
      1,
      1,
      1,
      NaN,
      NaN,
    ]);
  });

  test("rem is exact and has the dividend's sign; copySign sees the sign of zero", () => {
    const two: ComputeDType[] = ["float64", "float64"];
    expect(computed("rem", "float64", two, [1e300, -7, 0, 1], [3, 2, 0, Infinity])).toEqual([1e300 % 3, -1, NaN, 1]);
    expect(computed("copySign", "float64", two, [2, -2, NaN], [-0, 0, 1])).toEqual([-2, 2, NaN]);
  });

  test("erf to the last places of float64", () => {
    // Abramowitz and Stegun, table 7.1, and mpmath
    const known = { 0.5: 0.5204998778130465, 1: 0.8427007929497149, 2: 0.9953222650189527, 3.5: 0.9999992569016276 };
    const values = computed("erf", "float64", ["float64"], Object.keys(known).map(Number));
    for (const [i, wanted] of Object.values(known).entries()) {
      expect(Math.abs(values[i] - wanted)).toBeLessThan(1e-15);
    }
    const tail = computed("erf", "float64", ["float64"], [4.5, 5, 5.5, 5.9, -5.7]);
    for (const value of tail) expect(Math.abs(value)).toBeLessThanOrEqual(1);
    expect(computed("erf", "float64", ["float64"], [1e-300, -0, 7, -Infinity, NaN])).toEqual([
      1.1283791670955126e-300,
      -0,
      1,
      -1,
      NaN,
    ]);
  });

  test("sigmoid neither overflows nor loses its small values", () => {
    expect(computed("sigmoid", "float64", ["float64"], [-Infinity, -700, 0, 800])).toEqual([0, Math.exp(-700), 0.5, 1]);
  });
});

describe("integer operations", () => {
  const two: ComputeDType[] = ["int32", "int32"];

  test("wrap at 32 bits", () => {
    expect(computed("add", "int32", two, [most], [1])).toEqual([least]);
    expect(computed("sub", "int32", two, [least], [1])).toEqual([most]);
    expect(computed("mul", "int32", two, [most, 65537, least], [most, 65537, -1])).toEqual([1, 131073, least]);
    expect(computed("neg", "int32", ["int32"], [least, 5])).toEqual([least, -5]);
    expect(computed("abs", "int32", ["int32"], [least, -5])).toEqual([least, 5]);
  });

  test("floorDiv and mod take NumPy's signs; by 0 they give 0", () => {
    expect(computed("floorDiv", "int32", two, [7, -7, 7, -7, 7, least], [2, 2, -2, -2, 0, -1])).toEqual([
      3,
      -4,
      -4,
      3,
      0,
      least,
    ]);
    expect(computed("mod", "int32", two, [7, -7, 7, -7, 7, least], [3, 3, -3, -3, 0, -1])).toEqual([
      1, 2, -2, -1, 0, 0,
    ]);
  });

  test("shiftRight is logical", () => {
    expect(computed("shiftRight", "int32", two, [-1, least], [28, 31])).toEqual([15, 1]);
    expect(computed("shiftLeft", "int32", two, [3], [31])).toEqual([least]);
  });
});

describe("cast", () => {
  test("float to int truncates and saturates; NaN gives 0", () => {
    const values = [1.9, -1.9, NaN, Infinity, -Infinity, 3e9, -0.5];
    expect(computed("cast", "int32", ["float32"], values)).toEqual([1, -1, 0, most, least, most, 0]);
  });

  test("int to float rounds", () => {
    expect(computed("cast", "float32", ["int32"], [16777217, most])).toEqual([16777216, 2147483648]);
  });

  test("to bool is ≠ 0, for NaN too", () => {
    expect(computed("cast", "bool", ["float32"], [0, -0, NaN, 0.1])).toEqual([0, 0, 1, 1]);
    expect(computed("cast", "bool", ["int32"], [0, -3, 256])).toEqual([0, 1, 1]);
  });
});

test("bitcast keeps the 32 bits", () => {
  expect(computed("bitcast", "int32", ["float32"], [1, -0])).toEqual([0x3f800000, least]);
  expect(computed("bitcast", "float32", ["int32"], [0x7f800000, 1])).toEqual([Infinity, 2 ** -149]);
});
