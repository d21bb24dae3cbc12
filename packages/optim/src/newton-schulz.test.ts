import { ArgumentError, explain, ShapeError, tensor } from "@tsuki/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { onDevice, onEveryDevice } from "../test/devices.ts";
import { golden, goldenCases } from "../test/golden.ts";
import {
  at,
  compose,
  frobenius,
  gaussian,
  type Matrix,
  matrix,
  multiply,
  orthonormal,
  singularValues,
  transpose,
} from "../test/matrix.ts";
import { distance, download, f5, logUniform, quintic, spectra, spectral, upload } from "../test/spectra.ts";
import { newtonSchulz } from "./newton-schulz.ts";

/** Every x = σ / ‖G‖ is ≥ 0.0052 for shapes up to 12 × 12. */
const wellConditioned = spectra(logUniform(0.02, 1));
/** Every x is ≥ 0.0015052. */
const conditioned = spectra(logUniform(0.0053, 1));
const anySpectrum = spectra(fc.oneof(fc.constant(0), logUniform(1e-6, 1e3)));

/** The laws hold for each form, whatever the shape. */
for (const form of ["direct", "gram"] as const)
  onEveryDevice(`Newton–Schulz orthogonality, ${form}`, (place) => {
    const orthogonalised = (g: Matrix): Promise<Matrix> => download(newtonSchulz(upload(place, g), { form }));

    it("keeps the singular vectors and takes the singular values through the quintic: UᵀOV = diag(f⁵(x))", async () => {
      await fc.assert(
        fc.asyncProperty(spectra(logUniform(1e-3, 1)), async ({ u, v, g, x }) => {
          const o = multiply(multiply(transpose(u), await orthogonalised(g)), v);
          const expected = matrix(x.length, x.length, (row, col) => (row === col ? f5(x[row]) : 0));
          expect(distance(o.data, expected.data)).toBeLessThan(place.tolerance(1e-9, 1e-4));
        }),
      );
    });

    const bands = [
      { domain: "x ≥ 0.0052", arbitrary: wellConditioned, least: 0.0052, low: 0.6818, high: 1.1344 },
      { domain: "x ≥ 0.0015052", arbitrary: conditioned, least: 0.0015052, low: 0.6818, high: 1.2024 },
      { domain: "any x", arbitrary: anySpectrum, least: 0, low: 0, high: 1.2024 },
    ];
    for (const { domain, arbitrary, least, low, high } of bands) {
      it(`puts all singular values into [${low}, ${high}] for ${domain}`, async () => {
        await fc.assert(
          fc.asyncProperty(arbitrary, async ({ g, x }) => {
            expect(Math.min(...x)).toBeGreaterThanOrEqual(least);
            const values = singularValues(await orthogonalised(g));
            const noise = place.tolerance(1e-9, 1e-4);
            expect(values[values.length - 1]).toBeGreaterThan(low - noise);
            expect(values[0]).toBeLessThan(high + noise);
          }),
        );
      });
    }

    it("is odd: O(−G) = −O(G)", async () => {
      await fc.assert(
        fc.asyncProperty(wellConditioned, async ({ g }) => {
          const negative = await orthogonalised(matrix(g.rows, g.cols, (row, col) => -at(g, row, col)));
          expect(
            distance(
              negative.data,
              (await orthogonalised(g)).data.map((value) => -value),
            ),
          ).toBeLessThan(place.tolerance(1e-10, 1e-4));
        }),
      );
    });

    it("commutes with transposition", async () => {
      await fc.assert(
        fc.asyncProperty(wellConditioned, async ({ g }) => {
          const [direct, through] = [await orthogonalised(g), transpose(await orthogonalised(transpose(g)))];
          expect(distance(direct.data, through.data)).toBeLessThan(place.tolerance(1e-10, 1e-4));
        }),
      );
    });

    it("commutes with orthogonal maps: O(QGR) = Q·O(G)·R", async () => {
      await fc.assert(
        fc.asyncProperty(wellConditioned, fc.nat(1e6), async ({ g }, seed) => {
          const [q, r] = [orthonormal(g.rows, g.rows, seed), orthonormal(g.cols, g.cols, seed + 1)];
          const turn = (m: Matrix): Matrix => multiply(multiply(q, m), r);
          const [inside, outside] = [await orthogonalised(turn(g)), turn(await orthogonalised(g))];
          expect(distance(inside.data, outside.data)).toBeLessThan(place.tolerance(1e-10, 1e-4));
        }),
      );
    });

    it("takes each matrix of a stack for itself, whatever their norms: batched = one by one", async () => {
      const extent = fc.integer({ min: 1, max: 8 });
      const scale = logUniform(1e-2, 1e3);
      await fc.assert(
        fc.asyncProperty(
          extent,
          extent,
          fc.array(scale, { minLength: 1, maxLength: 6 }),
          fc.nat(1e6),
          async (rows, cols, scales, seed) => {
            const singular = Array.from({ length: Math.min(rows, cols) }, (_, i) => 1 / (i + 1));
            const stack = scales.map(
              (factor, k) =>
                spectral(
                  rows,
                  cols,
                  singular.map((s) => s * factor),
                  seed + 2 * k,
                ).g,
            );
            const batched = await newtonSchulz(upload(place, ...stack).reshape([stack.length, 1, rows, cols]), {
              form,
            }).data();
            const single = await Promise.all(stack.map(orthogonalised));
            expect(
              distance(
                batched,
                single.flatMap(({ data }) => [...data]),
              ),
            ).toBeLessThan(place.tolerance(1e-10, 1e-4));
          },
        ),
      );
    });

    it("does not see the scale of G, as far as the eps beside the norm lets it", async () => {
      await fc.assert(
        fc.asyncProperty(wellConditioned, logUniform(1e-2, 1e15), logUniform(1e-2, 1e15), async ({ g }, one, other) => {
          const withNorm = (norm: number): Matrix => {
            const factor = norm / frobenius(g);
            return matrix(g.rows, g.cols, (row, col) => at(g, row, col) * factor);
          };
          const [a, b] = [await orthogonalised(withNorm(one)), await orthogonalised(withNorm(other))];
          expect(distance(a.data, b.data)).toBeLessThan((485 * 1e-7) / Math.min(one, other) + 3e-5);
        }),
      );
    });

    it("gives exact zeros for zeros, beside a matrix that is none", async () => {
      const zero = matrix(3, 5, () => 0);
      expect((await orthogonalised(zero)).data).toEqual(zero.data);
      const pair = await newtonSchulz(upload(place, zero, gaussian(3, 5, 1)), { form }).data();
      expect([...pair.slice(0, 15)]).toEqual([...zero.data]);
      expect(pair.slice(15).every((value) => value !== 0)).toBe(true);
    });

    it("leaves a rank-deficient matrix in its subspaces", async () => {
      const extent = fc.integer({ min: 2, max: 12 });
      await fc.assert(
        fc.asyncProperty(
          extent,
          extent,
          fc.nat(1e6),
          fc.double({ min: 0, max: 1, noNaN: true }),
          async (rows, cols, seed, share) => {
            const full = Math.min(rows, cols);
            const rank = 1 + Math.floor(share * (full - 2));
            const { u, v, g } = spectral(
              rows,
              cols,
              Array.from({ length: rank }, (_, i) => 1 / (1 + i)),
              seed,
            );
            const o = await orthogonalised(g);
            const inside = compose(
              u,
              Array.from({ length: rank }, () => 1),
              u,
            );
            const within = multiply(
              multiply(inside, o),
              compose(
                v,
                Array.from({ length: rank }, () => 1),
                v,
              ),
            );
            expect(distance(o.data, within.data)).toBeLessThan(place.tolerance(1e-9, 1e-4));
          },
        ),
      );
    });

    it("takes other coefficients: one triple, or one for each step", async () => {
      const triple = fc.tuple(
        fc.double({ min: 1, max: 3, noNaN: true }),
        fc.double({ min: -2, max: 0, noNaN: true }),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
      );
      await fc.assert(
        fc.asyncProperty(wellConditioned, fc.array(triple, { maxLength: 3 }), async ({ g, u, v, x }, coefficients) => {
          const o = await download(newtonSchulz(upload(place, g), { coefficients, form }));
          // Such triples let values grow, or cancel: what is rounded is a part of the largest term on the way.
          let largest = 1;
          const through = x.map((value) =>
            coefficients.reduce((y, [a, b, c]) => {
              largest = Math.max(largest, ...[a * y, b * y ** 3, c * y ** 5].map(Math.abs));
              return quintic(y, [a, b, c]);
            }, value),
          );
          expect(distance(o.data, compose(u, through, v).data)).toBeLessThan(largest * place.tolerance(1e-9, 1e-4));
        }),
      );
      const g = upload(place, gaussian(3, 4, 7));
      const once = await newtonSchulz(g, { steps: 2, coefficients: [2, -1.5, 0.5] }).data();
      const twice = [
        [2, -1.5, 0.5],
        [2, -1.5, 0.5],
      ] as const;
      expect(await newtonSchulz(g, { coefficients: twice }).data()).toEqual(once);
    });

    it("takes the first triples of a list that is longer than steps, and repeats the last one of a shorter list", async () => {
      const g = upload(place, gaussian(3, 4, 7));
      const [a, b, c] = [
        [3, -3, 1],
        [2.5, -2, 0.5],
        [2, -1.5, 0.5],
      ] as const;
      const run = (coefficients: readonly (typeof a | typeof b | typeof c)[], steps?: number): Promise<unknown> =>
        newtonSchulz(g, { coefficients, ...(steps === undefined ? {} : { steps }) }).data();
      expect(await run([a, b, c], 2)).toEqual(await run([a, b]));
      expect(await run([a, b], 4)).toEqual(await run([a, b, b, b]));
      expect(await run([a, b, c], 0)).toEqual(await run([]));
      expect(await newtonSchulz(g, { coefficients: a }).data()).toEqual(await run([a, a, a, a, a]));
    });

    describe("against golden data", () => {
      const loose = ["rank1_5x7", "rank2_6x5", "cond_1e3_8x8", "cond_1e6_5x7"];
      for (const name of goldenCases("ns.*.input")) {
        it(name, async () => {
          const input = golden(`ns.${name}.input`);
          const o = newtonSchulz(tensor(input.data, { dtype: place.dtype, shape: input.shape }), { form });
          const tolerance = place.tolerance(1e-9, loose.includes(name) ? 1e-4 : 1e-5);
          expect(distance(await o.data(), golden(`ns.${name}.f64.output`).data)).toBeLessThan(tolerance);
          const values = golden(`ns.${name}.f64.output_singular_values`).data;
          expect(distance(singularValues(await download(o)), values)).toBeLessThan(tolerance);
        });
      }

      for (const steps of goldenCases("ns_steps.counting_2x3.*.f64.output").map(Number)) {
        it(`${steps} steps`, async () => {
          const o = newtonSchulz(
            tensor(
              [
                [1, 2, 3],
                [4, 5, 6],
              ],
              { dtype: place.dtype },
            ),
            { steps, form },
          );
          const expected = golden(`ns_steps.counting_2x3.${steps}.f64.output`).data;
          expect(distance(await o.data(), expected)).toBeLessThan(place.tolerance(1e-9, 1e-5));
        });
      }

      it("the printed values of the Moonlight facts", async () => {
        const counting = await orthogonalised(matrix(2, 3, (row, col) => 3 * row + col + 1));
        const printed = [-0.56829011, 0.05774194, 0.683774, 0.5633547, 0.40561283, 0.24787096];
        expect(distance(counting.data, printed)).toBeLessThan(place.tolerance(1e-8, 1e-5));
        const diagonal = await orthogonalised(matrix(3, 3, (row, col) => (row === col ? 3 - row : 0)));
        const bounced = [1.12196941, 0, 0, 0, 0.68458002, 0, 0, 0, 0.6982619];
        expect(distance(diagonal.data, bounced)).toBeLessThan(place.tolerance(1e-8, 1e-5));
        const identity = await orthogonalised(matrix(3, 3, (row, col) => (row === col ? 1 : 0)));
        expect(distance(identity.data, [0.6857849, 0, 0, 0, 0.6857849, 0, 0, 0, 0.6857849])).toBeLessThan(
          place.tolerance(5e-8, 1e-5),
        );
      });
    });
  });

describe("newtonSchulz", () => {
  onDevice("reference");

  it("refuses what has no rows and columns, and integers", () => {
    expect(() => newtonSchulz(tensor([1, 2]))).toThrow(ShapeError);
    expect(() => newtonSchulz(tensor([1, 2]))).toThrow("[2]");
    expect(() => newtonSchulz(tensor(Int32Array.of(1), { shape: [1, 1] }))).toThrow("int32");
  });

  it("refuses steps and coefficients that do not go together", () => {
    const g = tensor([[1]]);
    expect(() => newtonSchulz(g, { steps: 2.5 })).toThrow(ArgumentError);
    expect(() => newtonSchulz(g, { steps: 3, coefficients: [] })).toThrow(
      "an empty list, which serves no steps, not 3",
    );
    expect(() => newtonSchulz(g, { coefficients: [1, Number.NaN, 2] })).toThrow("finite");
    expect(() => newtonSchulz(g, { coefficients: [[1, 2] as never] })).toThrow("three finite numbers, not [1,2]");
    expect(() => newtonSchulz(g, { coefficients: 3 as never })).toThrow("a name, a triple of numbers, or a list");
    expect(() => newtonSchulz(g, { coefficients: "kellner" as never })).toThrow(
      'newtonSchulz: coefficients is "keller" or "youJiacheng" or "polarExpress" or',
    );
    expect(() => newtonSchulz(g, { eps: -1 })).toThrow("newtonSchulz: eps is a finite number ≥ 0, not -1");
    expect(() => newtonSchulz(g, { form: "svd" as never })).toThrow('form is "auto" or "direct" or "gram", not "svd"');
    expect(() => newtonSchulz(g, { step: 1 } as object)).toThrow('there is no option "step", only steps, coeff');
  });

  it("multiplies the smaller Gram matrix, of tall matrices as of wide ones", async () => {
    await newtonSchulz(tensor(gaussian(7, 2, 1).data, { dtype: "float32", shape: [7, 2] })).data();
    expect(explain()).toContain("[2,2] × [2,2]");
    expect(explain()).not.toContain("[7,7]");
  });

  it("takes an empty stack and empty matrices", async () => {
    expect(await newtonSchulz(tensor(new Float32Array(0), { shape: [0, 2, 3] })).data()).toHaveLength(0);
    expect(await newtonSchulz(tensor(new Float32Array(0), { shape: [3, 0] })).data()).toHaveLength(0);
  });
});
