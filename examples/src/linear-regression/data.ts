import { Generator } from "@tsuki/core";

/** A point: an example for the loader. */
export interface Point {
  /** [features] */
  readonly x: Float32Array;
  /** [1] */
  readonly y: Float32Array;
}

/** A line through space: y = w·x + b. */
export interface Line {
  readonly weights: readonly number[];
  readonly bias: number;
}

export interface Points {
  readonly truth: Line;
  readonly training: readonly Point[];
  /** Never trained on. */
  readonly heldOut: readonly Point[];
}

export interface PointsOptions {
  readonly features: number;
  /** As many again are held out. */
  readonly points: number;
  /** Standard deviation of what is added to each y. */
  readonly noise: number;
  readonly seed: number;
}

/** Points near a random line: x, w and b are normally distributed, y = w·x + b + noise. */
export async function makePoints({ features, points, noise, seed }: PointsOptions): Promise<Points> {
  const generator = new Generator(seed);
  const weights = generator.normal([features, 1], { std: 2 }).keep();
  const bias = generator.normal([1]).keep();
  const x = generator.normal([2 * points, features]).keep();
  const y = x
    .matmul(weights)
    .add(bias)
    .add(generator.normal([2 * points, 1], { std: noise }));
  const [xs, ys, ws, b] = await Promise.all([x.data(), y.data(), weights.data(), bias.item()]);
  const all = Array.from({ length: 2 * points }, (_, i) => ({
    x: Float32Array.from(xs.subarray(i * features, (i + 1) * features)),
    y: Float32Array.of(ys[i]),
  }));
  return { truth: { weights: [...ws], bias: b }, training: all.slice(0, points), heldOut: all.slice(points) };
}

/**
 * The line with the least mean squared error, in closed form: (XᵀX)·v = Xᵀy for v = (w, b), the points as rows of X with a 1
 * at the end. Float64.
 */
export function leastSquares(points: readonly Point[]): Line {
  const rows = points.map(({ x }) => [...x, 1]);
  const size = rows[0].length;
  const sum = (term: (row: readonly number[], point: number) => number): number =>
    rows.reduce((total, row, point) => total + term(row, point), 0);
  const equations = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (_, j) => sum((row) => row[i] * row[j])),
    sum((row, point) => row[i] * points[point].y[0]),
  ]);
  const solution = solve(equations);
  return { weights: solution.slice(0, -1), bias: solution[size - 1] };
}

/** Gauss and Jordan's elimination of [A | y] for a positive definite A, which needs no exchange of rows. */
function solve(equations: number[][]): number[] {
  for (const [i, pivot] of equations.entries()) {
    const scale = pivot[i];
    for (let column = i; column < pivot.length; column++) pivot[column] /= scale;
    for (const row of equations) {
      if (row === pivot) continue;
      const factor = row[i];
      for (let column = i; column < row.length; column++) row[column] -= factor * pivot[column];
    }
  }
  return equations.map((row) => row[row.length - 1]);
}
