import { explain } from "@tsuki/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { onDevice, onEveryDevice } from "../test/devices.ts";
import { frobenius, gaussian, matrix, multiply, singularValues, transpose } from "../test/matrix.ts";
import { distance, download, logUniform, polynomials, spectra, upload } from "../test/spectra.ts";
import { iterationOf, newtonSchulz } from "./newton-schulz.ts";
import { type Coefficients, newtonSchulzCoefficients } from "./newton-schulz-coefficients.ts";

type Name = keyof typeof newtonSchulzCoefficients;

/** The bands of the docstring, for x from `least` to 1. */
const bands: Readonly<Record<Name, readonly [least: number, low: number, high: number]>> = {
  keller: [0.003, 0.6818, 1.2024],
  youJiacheng: [0.003, 0.9777, 1.1451],
  polarExpress: [0.003, 0.8764, 1.1236],
  polarExpressSafe: [0.003, 0.8704, 1.1236],
  polarExpressDion: [0.003, 0.8588, 1.1412],
  cans: [0.003, 0.8843, 1.1199],
  deepseekV4: [0.003, 0.9999, 1.0006],
  classicQuintic: [0.01, 0.2284, 1.0001],
  cubic5: [0.01, 0.7741, 1.3001],
};
const names = Object.keys(newtonSchulzCoefficients) as Name[];

/** What becomes of a singular value, of a matrix of norm 1 and of eps 0. */
function lawOf(coefficients: Name, steps?: number): (x: number) => number {
  const { triples, normFactor = 1 } = iterationOf({ coefficients, ...(steps === undefined ? {} : { steps }) });
  return (x) => polynomials(x / normFactor, triples);
}

/** From least to most, by equal factors. */
function grid(least: number, most: number, points: number): number[] {
  return Array.from({ length: points + 1 }, (_, i) => least * (most / least) ** (i / points));
}

/** The steepest slope of some steps between two values. */
function steepest(triples: readonly Coefficients[], least: number, most: number): number {
  const law = (x: number): number => polynomials(x, triples);
  return Math.max(...grid(least, most, 200).map((x) => Math.abs(law(x * (1 + 1e-7)) - law(x)) / (x * 1e-7)));
}

/** How much the relative rounding errors of all steps come to at last: each is magnified by the steps that follow it. */
function magnification(x: readonly number[], triples: readonly Coefficients[]): number {
  let sum = 0;
  for (let step = 0; step <= triples.length; step++) {
    const values = x.map((value) => polynomials(value, triples.slice(0, step)));
    sum += Math.max(...values) * steepest(triples.slice(step), Math.min(...values), Math.max(...values));
  }
  return sum;
}

describe("the polynomials of a named set", () => {
  it.each(names)("%s take all x into the band that is documented, and no narrower one", (name) => {
    const [least, low, high] = bands[name];
    const values = grid(least, 1, 200_000).map(lawOf(name));
    const lowest = values.reduce((a, b) => Math.min(a, b));
    const highest = values.reduce((a, b) => Math.max(a, b));
    expect(lowest).toBeGreaterThan(low);
    expect(lowest).toBeLessThan(low + 2e-4);
    expect(highest).toBeLessThan(high);
    expect(highest).toBeGreaterThan(high - 2e-4);
  });

  it("polarExpressSafe and deepseekV4 go to 1 with more steps, keller does not", () => {
    const off = (name: Name, steps: number): number =>
      grid(0.003, 1, 10_000)
        .map((x) => Math.abs(lawOf(name, steps)(x) - 1))
        .reduce((a, b) => Math.max(a, b));
    expect(off("polarExpressSafe", 8)).toBeLessThan(1e-14);
    expect(off("deepseekV4", 11)).toBeLessThan(1e-6);
    expect(off("keller", 10)).toBeGreaterThan(0.3);
  });
});

onEveryDevice("Newton–Schulz with a named set", (place) => {
  for (const name of names) {
    const [least, low, high] = bands[name];
    const set = iterationOf({ coefficients: name });

    const law = `UᵀOV = diag(f(x)), and all singular values in [${low}, ${high}] for x ≥ ${least}`;
    it.each(["direct", "gram"] as const)(`${name}, %s: ${law}`, async (form) => {
      // Up to 8 singular values of σ ≥ 3.5 · least, all ≤ 1, have x ≥ least.
      await fc.assert(
        fc.asyncProperty(spectra(logUniform(3.5 * least, 1), 8), async ({ u, v, g, s }) => {
          const x = s.map((value) => value / ((set.normFactor ?? 1) * frobenius(g) + (set.eps ?? 1e-7)));
          const o = await download(newtonSchulz(upload(place, g), { coefficients: name, form }));
          const turned = multiply(multiply(transpose(u), o), v);
          const f = (value: number): number => polynomials(value, set.triples);
          const expected = matrix(x.length, x.length, (row, col) => (row === col ? f(x[row]) : 0));
          const tolerance = place.tolerance(1e-9, Math.max(1e-4, 4 * 2 ** -24 * magnification(x, set.triples)));
          expect(distance(turned.data, expected.data)).toBeLessThan(tolerance);
          const values = singularValues(o);
          expect(values[values.length - 1]).toBeGreaterThan(low - tolerance);
          expect(values[0]).toBeLessThan(high + tolerance);
        }),
        { numRuns: 15 },
      );
    });
  }
});

describe("newtonSchulz", () => {
  onDevice("reference");

  it("has no second product in a step whose c is 0", async () => {
    const g = upload({ name: "reference", dtype: "float32", tolerance: (_a, b) => b }, gaussian(3, 4, 1));
    await newtonSchulz(g, { coefficients: "cubic5" }).data();
    expect(explain()).toContain("[3,4] × [4,3]");
    expect(explain()).not.toContain("[3,3] × [3,3]");
  });
});
