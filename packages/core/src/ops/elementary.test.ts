/** Elementary functions that are formulas of several scalar operations: float32 on wasm within stated bounds. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { evenly, everyExponent, worstError } from "../../test/ulps.ts";
import { Device, setDefaultDevice, tensor } from "../index.ts";

const device = new Device("wasm", { threads: 2 });
beforeAll(() => {
  setDefaultDevice(device);
});
afterAll(() => device.close());

const functions = [
  { name: "acos", bound: 3, reach: 1 },
  { name: "acosh", bound: 3, reach: 1e3 },
  { name: "asin", bound: 3, reach: 1 },
  { name: "asinh", bound: 3, reach: 1e3 },
  { name: "atan", bound: 2, reach: 100 },
  { name: "atanh", bound: 3, reach: 1 },
  { name: "cosh", bound: 3, reach: 90 },
  { name: "log1p", bound: 3, reach: 3 },
  { name: "sinh", bound: 5, reach: 90 },
  { name: "tan", bound: 3, reach: 1e4 },
  { name: "trunc", bound: 0, reach: 1e8 },
] as const;

it.each(functions)("$name is within $bound ulp", async ({ name, bound, reach }) => {
  for (const numbers of [everyExponent(100), evenly(reach, 100_001), evenly(reach / 100, 30_001)]) {
    // Where the argument of a sine has lost its places, so has its tangent.
    const inputs = name === "tan" ? numbers.filter((x) => Math.abs(x) < 2 ** 28) : numbers;
    const results = await tensor(inputs)[name]().data();
    expect(worstError(results, (i) => Math[name](inputs[i]))).toBeLessThanOrEqual(bound);
  }
});

it("exp2 is within 1 ulp", async () => {
  for (const inputs of [everyExponent(100), evenly(150, 100_001)]) {
    const results = await tensor(inputs).exp2().data();
    expect(worstError(results, (i) => 2 ** inputs[i])).toBeLessThanOrEqual(1);
  }
});

it("logaddexp is within 3 ulp, but where it cancels to 0", async () => {
  const a = evenly(30, 50_001);
  const b = a.map((_, i) => a[(i * 7919) % a.length]);
  const results = await tensor(a).logaddexp(tensor(b)).data();
  const exact = (i: number): number => Math.max(a[i], b[i]) + Math.log1p(Math.exp(-Math.abs(a[i] - b[i])));
  const clear = [...results.keys()].filter((i) => Math.abs(exact(i)) > 1);
  expect(clear.length).toBeGreaterThan(40_000);
  expect(
    worstError(
      clear.map((i) => results[i]),
      (k) => exact(clear[k]),
    ),
  ).toBeLessThanOrEqual(3);
});

const { POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minus, NaN: nan } = Number;
const ends = [inf, minus, nan, 0, -0, 1e-45, -1e-45];

it.each([
  ["acos", [nan, nan, nan, Math.PI / 2, Math.PI / 2, Math.PI / 2, Math.PI / 2]],
  ["acosh", [inf, nan, nan, nan, nan, nan, nan]],
  ["asin", [nan, nan, nan, 0, -0, 1e-45, -1e-45]],
  ["asinh", [inf, minus, nan, 0, -0, 1e-45, -1e-45]],
  ["atan", [Math.PI / 2, -Math.PI / 2, nan, 0, -0, 1e-45, -1e-45]],
  ["atanh", [nan, nan, nan, 0, -0, 1e-45, -1e-45]],
  ["cosh", [inf, inf, nan, 1, 1, 1, 1]],
  ["exp2", [inf, 0, nan, 1, 1, 1, 1]],
  ["log1p", [inf, nan, nan, 0, -0, 1e-45, -1e-45]],
  ["tan", [nan, nan, nan, 0, -0, 1e-45, -1e-45]],
  ["trunc", [inf, minus, nan, 0, -0, 0, -0]],
] as const)("%s at the ends of the range", async (name, expected) => {
  const results = await tensor(ends)[name]().data();
  expect([...results]).toEqual(expected.map(Math.fround));
});

it("sinh reaches as far as its result does", async () => {
  const results = await tensor([89.4, -89.4, 89.5, inf, minus, nan, 0, -0]).sinh().data();
  expect(worstError(results.slice(0, 2), (i) => [1, -1][i] * Math.sinh(Math.fround(89.4)))).toBeLessThanOrEqual(5);
  expect([...results.slice(2)]).toEqual([inf, inf, minus, nan, 0, -0]);
});
