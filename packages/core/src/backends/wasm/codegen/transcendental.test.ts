import { afterAll, expect, test } from "vitest";
import { PlanBuilder, runCase } from "../../../../test/conformance/index.ts";
import { scalar } from "../../../../test/conformance/scalar-oracle.ts";
import { evenly, everyExponent, shuffled, ulp, worstError } from "../../../../test/ulps.ts";
import type { ScalarOp } from "../../../plan/expr.ts";
import { apply } from "../../../plan/expr.ts";
import { contiguous } from "../../../plan/view.ts";
import { createWasmBackend } from "../index.ts";

const engines = {
  contracted: createWasmBackend({ threads: 0 }),
  plain: createWasmBackend({ threads: 0, deterministic: true }),
};
afterAll(async () => {
  for (const backend of Object.values(engines)) (await backend).close();
});

async function compute(op: ScalarOp, ...inputs: Float32Array[]): Promise<Float32Array> {
  return on("contracted", op, inputs);
}

async function on(engine: keyof typeof engines, op: ScalarOp, inputs: readonly Float32Array[]): Promise<Float32Array> {
  const plan = new PlanBuilder();
  const view = contiguous([inputs[0].length]);
  const loads = inputs.map((input) => plan.load(plan.value("float32", input), view));
  const place = { buffer: plan.output("float32", view.shape), view };
  plan.step({ kind: "map", label: op, shape: view.shape, stores: [{ place, expr: apply(op, "float32", ...loads) }] });
  const [result] = await runCase(await engines[engine], plan.build(op, "bits"));
  return result as Float32Array;
}

/** The larger error of both engines. */
async function worst(op: ScalarOp, ...inputs: Float32Array[]): Promise<number> {
  const exact = (i: number): number => scalar(op, "float64", [...inputs.map((input) => input[i])]);
  const results = [await on("contracted", op, inputs), await on("plain", op, inputs)];
  return Math.max(...results.map((values) => worstError(values, exact)));
}

const functions = [
  { op: "exp", bound: 2, interesting: 110 },
  { op: "expm1", bound: 2, interesting: 110 },
  { op: "log", bound: 1, interesting: 2 },
  { op: "log2", bound: 1, interesting: 2 },
  { op: "log10", bound: 1, interesting: 2 },
  { op: "tanh", bound: 3, interesting: 12 },
  { op: "sigmoid", bound: 3, interesting: 110 },
  { op: "erf", bound: 3, interesting: 5 },
  { op: "sin", bound: 2, interesting: 1e4 },
  { op: "cos", bound: 2, interesting: 1e4 },
] as const;

test.each(functions)("$op is within $bound ulp", async ({ op, bound, interesting }) => {
  const wide = everyExponent(300).filter((x) => !(op === "sin" || op === "cos") || Math.abs(x) < 2 ** 28);
  expect(await worst(op, wide)).toBeLessThanOrEqual(bound);
  expect(await worst(op, evenly(interesting, 200_001))).toBeLessThanOrEqual(bound);
  expect(await worst(op, evenly(interesting / 100, 100_001))).toBeLessThanOrEqual(bound);
});

test("pow is within 1 ulp, whatever base and exponent", async () => {
  const bases = everyExponent(200);
  for (const exponents of [
    shuffled(evenly(3, bases.length)),
    shuffled(evenly(60, bases.length)),
    shuffled(bases),
    bases.map((_, i) => (i % 41) - 20),
    bases.map((x, i) => ((i % 300) - 150) / Math.log2(Math.abs(x))),
  ]) {
    expect(await worst("pow", bases, exponents)).toBeLessThanOrEqual(1);
    expect(await worst("pow", evenly(2, bases.length), exponents)).toBeLessThanOrEqual(1);
  }
});

test("atan2 is within 2 ulp in all quadrants", async () => {
  const numbers = everyExponent(200);
  expect(await worst("atan2", numbers, shuffled(numbers))).toBeLessThanOrEqual(2);
  expect(await worst("atan2", evenly(1, numbers.length), shuffled(evenly(1, numbers.length)))).toBeLessThanOrEqual(2);
  expect(
    await worst(
      "atan2",
      numbers,
      numbers.map((x, i) => x * (1 + (i % 100) / 50)),
    ),
  ).toBeLessThanOrEqual(2);
});

test("rem is exact, whatever the quotient", async () => {
  const numbers = everyExponent(100);
  expect(await worst("rem", numbers, shuffled(numbers))).toBe(0);
  expect(
    await worst(
      "rem",
      numbers,
      numbers.map((x, i) => x / (1 + (i % 100))),
    ),
  ).toBe(0);
});

test("results that are float32 numbers are exact: powers of 2 and 10 and their logarithms", async () => {
  const whole = Float32Array.from({ length: 250 }, (_, i) => i - 125);
  const powers = whole.map((n) => 2 ** n);
  expect([...(await compute("log2", powers))]).toEqual([...whole]);
  expect([...(await compute("pow", new Float32Array(250).fill(2), whole))]).toEqual([...powers]);
  const tens = Float32Array.from({ length: 11 }, (_, i) => 10 ** i);
  const digits = Float32Array.from(tens.keys());
  expect([...(await compute("log10", tens))]).toEqual([...digits]);
  expect([...(await compute("pow", new Float32Array(11).fill(10), digits))]).toEqual([...tens]);
});

test("at the ends of the range", async () => {
  const ends = Float32Array.from([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 0, -0]);
  const expected = {
    exp: [Number.POSITIVE_INFINITY, 0, Number.NaN, 1, 1],
    expm1: [Number.POSITIVE_INFINITY, -1, Number.NaN, 0, -0],
    log: [Number.POSITIVE_INFINITY, Number.NaN, Number.NaN, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
    log2: [Number.POSITIVE_INFINITY, Number.NaN, Number.NaN, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
    log10: [Number.POSITIVE_INFINITY, Number.NaN, Number.NaN, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
    tanh: [1, -1, Number.NaN, 0, -0],
    sigmoid: [1, 0, Number.NaN, 0.5, 0.5],
    erf: [1, -1, Number.NaN, 0, -0],
    sin: [Number.NaN, Number.NaN, Number.NaN, 0, -0],
    cos: [Number.NaN, Number.NaN, Number.NaN, 1, 1],
  };
  for (const { op } of functions) expect([...(await compute(op, ends))]).toEqual(expected[op]);
});

test("pairs of special numbers as in C", async () => {
  const { POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minus, NaN: nan } = Number;
  const special = [0, -0, 1, -1, 2, -2, 0.5, -0.5, 3, 1e-45, 3e38, -3e38, 16777215, inf, minus, nan];
  const first = Float32Array.from(special.flatMap((x) => special.map(() => x)));
  const second = Float32Array.from(special.flatMap(() => special));
  for (const op of ["pow", "atan2", "rem"] as const) {
    const expected = Array.from(first, (x, i) => scalar(op, "float32", [x, second[i]]));
    const results = await compute(op, first, second);
    for (const [i, wanted] of expected.entries()) {
      const exact = !Number.isFinite(wanted) || wanted === 0 || op === "rem";
      if (exact)
        expect(`${op}(${first[i]}, ${second[i]}) = ${show(results[i])}`).toBe(
          `${op}(${first[i]}, ${second[i]}) = ${show(wanted)}`,
        );
      else expect(Math.abs(results[i] - wanted) / ulp(wanted)).toBeLessThanOrEqual(2);
    }
  }
});

function show(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

test("sin and cos stay within [−1, 1] where the argument has no places left", async () => {
  const huge = everyExponent(20).filter((x) => Math.abs(x) >= 2 ** 28);
  for (const op of ["sin", "cos"] as const) {
    for (const y of await compute(op, huge)) expect(Math.abs(y)).toBeLessThanOrEqual(1);
  }
});
