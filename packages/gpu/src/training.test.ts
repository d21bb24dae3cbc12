import { Device, explain, grad, parameter, readAll, setDefaultDevice, tensor } from "@tsuki/core";
import "@tsuki/core/reference";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { batch, Descent, Mlp } from "../../core/test/mlp.ts";
import { describeModes } from "../test/modes.ts";
import { gpuStatus } from "./index.ts";

const reference = new Device("reference");
afterAll(() => reference.close());

/** Runs the same program on a device; its results on the reference are what others are measured against. */
function on<T>(device: Device, program: () => Promise<T>): Promise<T> {
  setDefaultDevice(device);
  return program();
}

function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) expect(Math.abs(actual[i] - expected[i])).toBeLessThanOrEqual(tolerance);
}

describeModes((mode) => {
  const device = new Device("gpujs", { mode });
  afterAll(() => device.close());

  test("a batched product and its gradients", async () => {
    const extent = fc.integer({ min: 0, max: 12 });
    const sizes = fc.record({ batches: fc.integer({ min: 1, max: 3 }), m: extent, n: extent, k: extent });
    await fc.assert(
      fc.asyncProperty(sizes, fc.boolean(), async ({ batches, m, n, k }, transposed) => {
        const filled = (shape: number[], seed: number) => {
          const size = shape.reduce((product, e) => product * e, 1);
          const values = Float32Array.from({ length: size }, (_, i) => Math.sin(seed + i * 0.7));
          return parameter(tensor(values, { shape }));
        };
        const program = async (): Promise<Float32Array[]> => {
          const a = filled([batches, m, k], 1);
          const b = transposed ? filled([n, k], 2) : filled([k, n], 2);
          const product = a.matmul(transposed ? b.transpose() : b);
          const [byA, byB] = grad(product.square().sum(), [a, b]);
          return Object.values(await readAll({ product, byA, byB })).map(({ data }) => data as Float32Array);
        };
        const expected = await on(reference, program);
        // 36 terms of at most 24 at the worst: 36·2⁻²⁴·36·24 for each of two products.
        for (const [i, result] of (await on(device, program)).entries()) close(result, expected[i], 4e-3);
      }),
      { numRuns: 12 },
    );
    expect(gpuStatus()?.mode).toBe(mode);
  });

  test("ten steps of training", async () => {
    const program = async (): Promise<{ losses: number[]; weights: Float32Array }> => {
      const model = new Mlp(1);
      const optimizer = new Descent(model.parameters);
      const losses: number[] = [];
      for (let step = 0; step < 10; step++) {
        const loss = model.loss(batch(step, 40));
        loss.backward();
        await optimizer.step();
        losses.push(await loss.item());
      }
      return { losses, weights: (await model.hidden.data()) as Float32Array };
    };
    const expected = await on(reference, program);
    const actual = await on(device, program);
    close(actual.losses, expected.losses, 1e-5);
    close(actual.weights, expected.weights, 1e-5);
    expect(explain(device)).toMatch(/matmul/);
  });
});
