import "@tsuki/core/reference";
import { type Tensor, tensor } from "@tsuki/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { onDevice } from "../test/devices.ts";
import { gaussian } from "../test/matrix.ts";
import { distance } from "../test/spectra.ts";
import { mapStacked, matricesOf } from "./matrices.ts";

describe("mapStacked", () => {
  onDevice("reference");
  const extent = fc.integer({ min: 1, max: 3 });
  const shapes = fc.array(fc.tuple(extent, extent, extent), { maxLength: 8 });

  it("applies the function to every matrix, once for each shape up to transposition", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.nat(1e6), async (all, seed) => {
        const contents = all.map((shape, i) => gaussian(1, shape[0] * shape[1] * shape[2], seed + i).data);
        const tensors = all.map((shape, i) => tensor(contents[i], { shape }));
        const seen: string[] = [];
        // x·‖x‖² of each matrix: it commutes with transposition.
        const f = (stack: Tensor): Tensor => {
          const [, rows, cols] = stack.shape;
          expect(rows).toBeLessThanOrEqual(cols);
          seen.push(`${rows}×${cols}`);
          return stack.mul(stack.square().sum({ axis: [1, 2], keepDim: true }));
        };
        const results = mapStacked(tensors, f);
        expect(results.map(({ shape }) => [...shape])).toEqual(all.map((shape) => [...shape]));
        expect(new Set(seen).size).toBe(seen.length);
        expect(new Set(seen)).toEqual(
          new Set(all.map(([, rows, cols]) => `${Math.min(rows, cols)}×${Math.max(rows, cols)}`)),
        );
        for (const [i, [count, rows, cols]] of all.entries()) {
          const size = rows * cols;
          const expected = Array.from({ length: count }, (_, k) => {
            const one = contents[i].slice(k * size, (k + 1) * size);
            const norm = one.reduce((sum, value) => sum + value * value, 0);
            return [...one].map((value) => value * norm);
          });
          expect(distance(await results[i].data(), expected.flat())).toBeLessThan(1e-12 * 100);
        }
      }),
    );
  });
});

describe("matricesOf", () => {
  it("counts experts one by one and flattens kernels", () => {
    expect(matricesOf([3, 4])).toEqual([1, 3, 4]);
    expect(matricesOf([8, 3, 4])).toEqual([8, 3, 4]);
    expect(matricesOf([16, 3, 5, 5])).toEqual([1, 16, 75]);
    expect(matricesOf([16, 3, 2, 5, 5])).toEqual([1, 16, 150]);
  });
});
