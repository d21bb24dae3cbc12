import { afterAll, expect, test } from "vitest";
import { PlanBuilder, runCase } from "../../../../test/conformance/index.ts";
import type { ScalarOp } from "../../../plan/expr.ts";
import { apply } from "../../../plan/expr.ts";
import { contiguous } from "../../../plan/view.ts";
import { createWasmBackend } from "../index.ts";

const backend = createWasmBackend({ threads: 0 });
afterAll(async () => (await backend).close());

/** Numbers of every sign and exponent, subnormals included, some hundred fractions each. */
function everyExponent(fractions: number): Float32Array<ArrayBuffer> {
  const bits: number[] = [];
  for (let exponent = 0; exponent < 255; exponent++) {
    for (let i = 0; i < fractions; i++) {
      const fraction = i === 0 ? 0 : i === 1 ? 0x7fffff : Math.imul(i * 255 + exponent, 0x9e3779b1) >>> 9;
      for (const sign of [0, 1]) bits.push((sign << 31) | (exponent << 23) | fraction);
    }
  }
  return new Float32Array(Int32Array.from(bits).buffer);
}

/** Numbers spread evenly from −bound to bound. */
function evenly(bound: number, count: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, (_, i) => (i / (count - 1)) * 2 * bound - bound);
}

async function compute(op: ScalarOp, inputs: Float32Array): Promise<Float32Array> {
  const plan = new PlanBuilder();
  const view = contiguous([inputs.length]);
  const x = plan.load(plan.value("float32", inputs), view);
  const place = { buffer: plan.output("float32", [inputs.length]), view };
  plan.step({ kind: "map", label: op, shape: view.shape, stores: [{ place, expr: apply(op, "float32", x) }] });
  const [result] = await runCase(await backend, plan.build(op, "bits"));
  return result as Float32Array;
}

/** Distance of a float32 to the neighbour of greater magnitude; of subnormal numbers 2⁻¹⁴⁹. */
function ulp(value: number): number {
  return 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(value)))) - 23);
}

/** The worst error in units in the last place of the exact result, which may lie outside the range of float32. */
async function worst(op: ScalarOp, exact: (x: number) => number, inputs: Float32Array): Promise<number> {
  const results = await compute(op, inputs);
  let most = 0;
  inputs.forEach((x, i) => {
    const wanted = exact(x);
    const got = results[i];
    if (Object.is(Math.fround(wanted), got)) return;
    const error = Math.abs(got - wanted) / ulp(wanted);
    most = Math.max(most, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
  });
  return most;
}

function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

const functions = [
  { op: "exp", exact: Math.exp, bound: 2, interesting: 110 },
  { op: "log", exact: Math.log, bound: 2, interesting: 2 },
  { op: "tanh", exact: Math.tanh, bound: 3, interesting: 12 },
  { op: "sigmoid", exact: sigmoid, bound: 3, interesting: 110 },
  { op: "sin", exact: Math.sin, bound: 2, interesting: 1e4 },
  { op: "cos", exact: Math.cos, bound: 2, interesting: 1e4 },
] as const;

test.each(functions)("$op is within $bound ulp", async ({ op, exact, bound, interesting }) => {
  const wide = everyExponent(300).filter((x) => !(op === "sin" || op === "cos") || Math.abs(x) < 2 ** 28);
  expect(await worst(op, exact, wide)).toBeLessThanOrEqual(bound);
  expect(await worst(op, exact, evenly(interesting, 200_001))).toBeLessThanOrEqual(bound);
  expect(await worst(op, exact, evenly(interesting / 100, 100_001))).toBeLessThanOrEqual(bound);
});

test("at the ends of the range", async () => {
  const ends = Float32Array.from([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 0, -0]);
  const expected = {
    exp: [Number.POSITIVE_INFINITY, 0, Number.NaN, 1, 1],
    log: [Number.POSITIVE_INFINITY, Number.NaN, Number.NaN, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
    tanh: [1, -1, Number.NaN, 0, -0],
    sigmoid: [1, 0, Number.NaN, 0.5, 0.5],
    sin: [Number.NaN, Number.NaN, Number.NaN, 0, -0],
    cos: [Number.NaN, Number.NaN, Number.NaN, 1, 1],
  };
  for (const { op } of functions) expect([...(await compute(op, ends))]).toEqual(expected[op]);
});

test("sin and cos stay within [−1, 1] where the argument has no places left", async () => {
  const huge = everyExponent(20).filter((x) => Math.abs(x) >= 2 ** 28);
  for (const op of ["sin", "cos"] as const) {
    for (const y of await compute(op, huge)) expect(Math.abs(y)).toBeLessThanOrEqual(1);
  }
});
