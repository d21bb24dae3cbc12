import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leastSquares, makePoints, type Point } from "./data.ts";

const number = fc.integer({ min: -40, max: 40 }).map((n) => n / 8);

describe("least squares", () => {
  it("finds the line that points lie on", () => {
    const line = fc.tuple(fc.array(number, { minLength: 1, maxLength: 5 }), number);
    fc.assert(
      fc.property(line, ([weights, bias]) => {
        // The corners of a simplex and its middle determine a line.
        const corners = weights.map((_, i) => weights.map((_, j) => Number(i === j)));
        const places = [...corners, weights.map(() => 0), weights.map(() => -1)];
        const points = places.map(
          (x): Point => ({
            x: Float32Array.from(x),
            y: Float32Array.of(x.reduce((sum, value, i) => sum + value * weights[i], bias)),
          }),
        );
        const found = leastSquares(points);
        expect(found.bias).toBeCloseTo(bias, 6);
        for (const [i, weight] of weights.entries()) expect(found.weights[i]).toBeCloseTo(weight, 6);
      }),
      { numRuns: 25 },
    );
  });

  it("leaves errors that no change of the line makes smaller", async () => {
    const { training } = await makePoints({ features: 3, points: 40, noise: 1, seed: 2 });
    const { weights, bias } = leastSquares(training);
    const errors = training.map(({ x, y }) => x.reduce((sum, value, i) => sum - value * weights[i], y[0] - bias));
    const sum = (term: (point: number) => number): number =>
      errors.reduce((total, error, point) => total + error * term(point), 0);
    expect(sum(() => 1)).toBeCloseTo(0, 6);
    for (const feature of weights.keys()) expect(sum((point) => training[point].x[feature])).toBeCloseTo(0, 6);
  });
});

describe("points", () => {
  it("lie on the true line without noise, and off it by the noise", async () => {
    for (const noise of [0, 0.5]) {
      const { truth, training, heldOut } = await makePoints({ features: 4, points: 2000, noise, seed: 7 });
      expect([training.length, heldOut.length]).toEqual([2000, 2000]);
      const squares = heldOut.map(
        ({ x, y }) => x.reduce((sum, value, i) => sum - value * truth.weights[i], y[0] - truth.bias) ** 2,
      );
      expect(Math.sqrt(squares.reduce((sum, one) => sum + one) / 2000)).toBeCloseTo(noise, noise === 0 ? 5 : 1);
    }
  });

  it("follow from the seed", async () => {
    const options = { features: 2, points: 3, noise: 1, seed: 1 };
    expect(await makePoints(options)).toEqual(await makePoints(options));
    expect(await makePoints({ ...options, seed: 2 })).not.toEqual(await makePoints(options));
  });
});
