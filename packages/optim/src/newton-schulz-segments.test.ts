import { explain } from "@tsuki/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { onDevice, onEveryDevice, type Place } from "../test/devices.ts";
import { frobenius, gaussian, type Matrix, matrix, multiply } from "../test/matrix.ts";
import { distance, download, spectral, upload } from "../test/spectra.ts";
import { iterationOf, newtonSchulz } from "./newton-schulz.ts";
import { newtonSchulzCoefficients } from "./newton-schulz-coefficients.ts";
import { type NewtonSchulzForm, segmentsOf } from "./newton-schulz-segments.ts";

const names = Object.keys(newtonSchulzCoefficients) as (keyof typeof newtonSchulzCoefficients)[];
const long = [40, 16] as const;
const lengths = (form: NewtonSchulzForm, shape: readonly [number, number], options = {}): number[] =>
  segmentsOf(iterationOf(options), form, shape).map((steps) => steps.length);

describe("the segments of an iteration", () => {
  it("are its steps, in their order, for every set, form and number of steps", () => {
    const form = fc.constantFrom<NewtonSchulzForm>("auto", "direct", "gram");
    const extent = fc.integer({ min: 0, max: 9 });
    fc.assert(
      fc.property(fc.constantFrom(...names), form, extent, extent, extent, (coefficients, f, rows, cols, steps) => {
        const iteration = iterationOf({ coefficients, steps });
        const segments = segmentsOf(iteration, f, [rows, cols]);
        expect(segments.flat()).toEqual(iteration.triples);
        expect(segments.every((segment) => segment.length > 0 && (f !== "direct" || segment.length === 1))).toBe(true);
      }),
    );
  });

  it("of the Gram form are the set's, the last one repeated; careful ones where nothing is known", () => {
    expect(lengths("gram", [3, 3])).toEqual([2, 3]);
    expect(lengths("gram", [3, 3], { steps: 10 })).toEqual([2, 3, 3, 2]);
    expect(lengths("gram", [3, 3], { steps: 1 })).toEqual([1]);
    expect(lengths("gram", [3, 3], { coefficients: [2, -1.5, 0.5] })).toEqual([1, 2, 2]);
  });

  it("are chosen by the shape, whichever side is longer, for named coefficients", () => {
    for (const [rows, cols] of [long, [16, 40], [2, 3]] as const) expect(lengths("auto", [rows, cols])).toEqual([2, 3]);
    for (const [rows, cols] of [
      [3, 3],
      [5, 4],
      [23, 16],
    ] as const) {
      expect(lengths("auto", [rows, cols])).toEqual([1, 1, 1, 1, 1]);
    }
    expect(lengths("auto", long, { coefficients: [2, -1.5, 0.5] })).toEqual([1, 1, 1, 1, 1]);
  });
});

describe("the Gram form", () => {
  onDevice("reference");
  const place: Place = { name: "reference", dtype: "float32", tolerance: (_float64, float32) => float32 };

  it.each([
    ["direct", 10],
    ["gram", 4],
    ["auto", 4],
  ] as const)("multiplies the long side as often as its segments ask for: %s, %i times", async (form, times) => {
    await newtonSchulz(upload(place, gaussian(3, 7, 1)), { form }).data();
    const products = explain()
      .split("\n\n")[0]
      .split("\n")
      .filter((line) => line.includes("matmul") && line.includes("7"));
    expect(products.filter((line) => /matmul \[(3,7|7,3|3,3)\] × \[(3,7|7,3)\]/.test(line))).toHaveLength(times);
  });
});

onEveryDevice("direct and Gram form", (place) => {
  const difference = async (g: Matrix): Promise<number> => {
    const [direct, gram] = await Promise.all(
      (["direct", "gram"] as const).map((form) => download(newtonSchulz(upload(place, g), { form }))),
    );
    return distance(direct.data, gram.data) / frobenius(direct);
  };

  it("agree on matrices of a low rank with noise, as momenta are, and on spectra of condition 1000", async () => {
    const [left, right] = [gaussian(24, 4, 1), gaussian(4, 64, 2)];
    const low = multiply(left, right);
    for (const noise of [0.1, 0.01, 0.001]) {
      const other = gaussian(24, 64, 3);
      const g = matrix(24, 64, (row, col) => low.data[row * 64 + col] + noise * other.data[row * 64 + col]);
      expect(await difference(g)).toBeLessThan(place.tolerance(1e-10, 1e-5));
    }
    const falling = Array.from({ length: 24 }, (_, i) => 1000 ** (-i / 23));
    expect(await difference(spectral(24, 64, falling, 4).g)).toBeLessThan(place.tolerance(1e-10, 1e-5));
  });
});
