import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Device,
  explain,
  logsumexp,
  parameter,
  realize,
  setDefaultDevice,
  softmax,
  type Tensor,
  tensor,
} from "../index.ts";
import "../backends/reference/index.ts";
import "../backends/wasm/index.ts";

/** Value and gradient of a function of one row, weighted by 1, 2, 3, … where it has several entries. */
async function both(values: readonly number[], f: (x: Tensor) => Tensor): Promise<[number[], number[]]> {
  const x = parameter(tensor(Float32Array.from(values)));
  const y = f(x.read());
  y.mul(
    tensor(
      Float32Array.from({ length: y.size }, (_, i) => i + 1),
      { shape: y.shape },
    ),
  )
    .sum()
    .backward();
  const results = [await y.data(), await (x.grad as NonNullable<typeof x.grad>).data()];
  return results.map((data) => Array.from(data, Number)) as [number[], number[]];
}

function expectNear(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(Math.abs(actual[i] - value)).toBeLessThanOrEqual(2e-5);
}

describe.each(["reference", "wasm"])("on %s", (name) => {
  let device: Device;
  beforeAll(() => {
    device = setDefaultDevice(name, { threads: 0 });
  });
  afterAll(() => device.close());

  const rows = fc.array(fc.oneof(fc.float({ min: -20, max: 20, noNaN: true }), fc.constant(Number.NEGATIVE_INFINITY)), {
    minLength: 1,
    maxLength: 9,
  });

  test("logsumexp and softmax, and their gradients, are those of the definitions", async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (row) => {
        fc.pre(row.some(Number.isFinite));
        const top = Math.max(...row);
        const total = row.reduce((sum, x) => sum + Math.exp(x - top), 0);
        const p = row.map((x) => Math.exp(x - top) / total);
        const [value, gradient] = await both(row, (x) => logsumexp(x));
        expectNear(value, [top + Math.log(total)]);
        expectNear(gradient, p);
        const [shares, weighted] = await both(row, (x) => softmax(x));
        expectNear(shares, p);
        const mean = p.reduce((sum, share, i) => sum + share * (i + 1), 0);
        expectNear(
          weighted,
          p.map((share, i) => share * (i + 1 - mean)),
        );
      }),
      { numRuns: 25 },
    );
  });

  test("logsumexp of nothing, of −∞ and of ∞", async () => {
    expect(await logsumexp(tensor(new Float32Array(0))).item()).toBe(Number.NEGATIVE_INFINITY);
    expect(await logsumexp(tensor([-Infinity, -Infinity])).item()).toBe(Number.NEGATIVE_INFINITY);
    expect(await logsumexp(tensor([1, Infinity])).item()).toBe(Number.POSITIVE_INFINITY);
  });

  test("the gradient of logsumexp keeps nothing of the size of its input but the input", async () => {
    const [rows, width] = [32, 512];
    const w = parameter(tensor(new Float32Array(width).fill(0.5)));
    const x = parameter(tensor(new Float32Array(rows).fill(1)));
    await realize();
    // The input is a product, so that it is stored, and so is its gradient.
    const scores = x.read().unsqueeze(1).matmul(w.read().unsqueeze(0));
    logsumexp(scores, { axis: 1 }).sum().backward();
    await realize();
    const arena = Number(/arena (\d+) bytes/.exec(explain(device))?.[1]);
    expect(arena).toBeLessThan(2.2 * rows * width * 4);
  });
});
