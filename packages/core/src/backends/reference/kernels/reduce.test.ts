import { describe, expect, test } from "vitest";
import { PlanBuilder, runCase } from "../../../../test/conformance/index.ts";
import { type ComputeDType, dtypes } from "../../../dtype.ts";
import type { ReduceKernel } from "../../../plan/plan.ts";
import { contiguous } from "../../../plan/view.ts";
import { ReferenceBackend } from "../backend.ts";

/** Reduces all of `values`. */
async function reduced(op: ReduceKernel["op"], dtype: ComputeDType, values: number[], block = 0): Promise<number[]> {
  const plan = new PlanBuilder();
  const data = dtypes[dtype].create(values.length);
  data.set(values);
  const input = plan.load(plan.value(dtype, data), contiguous([values.length]));
  const shape = block > 0 ? [Math.ceil(values.length / block)] : [];
  const place = { buffer: plan.output(dtype, shape), view: contiguous(shape) };
  plan.step({
    kind: "reduce",
    label: op,
    op,
    shape: [],
    length: values.length,
    block,
    input,
    stores: [{ place, expr: { kind: "accumulated", dtype } }],
  });
  const [result] = await runCase(new ReferenceBackend(), plan.build(op, "bits"));
  return [...result];
}

describe("a sum", () => {
  test("goes by four accumulators, (a₀ + a₂) + (a₁ + a₃)", async () => {
    const big = 2 ** 24;
    // Element by element from the left the ones would be lost: 2²⁴ + 1 rounds to 2²⁴.
    expect(await reduced("sum", "float32", [big, 1, 0, 0, 0, 1])).toEqual([big + 2]);
    expect(await reduced("sum", "float32", [big, 0, 0, 0, 1, 0, 0, 0, 1])).toEqual([big]);
    expect(await reduced("sum", "float32", [big, 1, 0, 1])).toEqual([big + 2]);
    expect(await reduced("sum", "float32", [big, 1, 1])).toEqual([big]);
    expect(await reduced("sum", "float32", [0, big, 1, 1, 1, 0])).toEqual([big + 2]);
  });

  test("rounds every step to the dtype", async () => {
    expect(await reduced("sum", "float64", [2 ** 24, 0, 0, 0, 1])).toEqual([2 ** 24 + 1]);
    expect(await reduced("sum", "int32", [2 ** 31 - 1, 1])).toEqual([-(2 ** 31)]);
  });

  test("starts from 0", async () => {
    expect(await reduced("sum", "float32", [-0])).toEqual([0]);
  });
});

test("NaN is the maximum and the minimum", async () => {
  expect(await reduced("max", "float32", [1, NaN, 3])).toEqual([NaN]);
  expect(await reduced("min", "float32", [NaN, -Infinity])).toEqual([NaN]);
  expect(await reduced("max", "float32", [-0, 0])).toEqual([0]);
});

test("blocks give a result each, the last of what is left", async () => {
  expect(await reduced("prod", "int32", [1, 2, 3, 4, 5, 6, 7], 3)).toEqual([6, 120, 7]);
  expect(await reduced("max", "float32", [], 4)).toEqual([]);
});

test("nothing reduces to the identity", async () => {
  const empty = (op: ReduceKernel["op"], dtype: ComputeDType) => reduced(op, dtype, []);
  expect(await empty("sum", "float32")).toEqual([0]);
  expect(await empty("prod", "float32")).toEqual([1]);
  expect(await empty("max", "float32")).toEqual([-Infinity]);
  expect(await empty("min", "float64")).toEqual([Infinity]);
  expect(await empty("max", "int32")).toEqual([-(2 ** 31)]);
  expect(await empty("min", "int32")).toEqual([2 ** 31 - 1]);
});

test("a long run is the same as in pieces of the order", async () => {
  const values = Array.from({ length: 100_001 }, (_, i) => Math.fround(Math.sin(i)));
  const a = [0, 0, 0, 0];
  for (const [i, value] of values.entries()) a[i % 4] = Math.fround(a[i % 4] + value);
  const [left, right] = [Math.fround(a[0] + a[2]), Math.fround(a[1] + a[3])];
  expect(await reduced("sum", "float32", values)).toEqual([Math.fround(left + right)]);
});
