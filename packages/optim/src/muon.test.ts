import { ShapeError, tensor, type Variable } from "@tsuki/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { onDevice, onEveryDevice, type Place } from "../test/devices.ts";
import { golden, goldenAt, goldenCases } from "../test/golden.ts";
import { gaussian } from "../test/matrix.ts";
import { distance } from "../test/spectra.ts";
import { backwardWith, weight } from "../test/training.ts";
import { Muon, type MuonOptions } from "./muon.ts";
import { newtonSchulz } from "./newton-schulz.ts";

const steps = [0, 1, 2, 3, 4];

/** A parameter of random contents. */
function random(place: Place, shape: readonly number[], seed: number): Variable {
  return weight(place, shape, gradientFor(shape, seed));
}

function gradientFor(shape: readonly number[], seed: number): Float64Array {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return gaussian(1, size, seed).data;
}

onEveryDevice("Muon", (place) => {
  describe("follows the golden steps", () => {
    const options: Partial<MuonOptions> = { lr: 0.01, weightDecay: 0.1, momentum: 0.95 };
    const cases = goldenCases("muon.*.weight");
    const start = (): Map<string, Variable> =>
      new Map(
        cases.map((name) => [
          name,
          weight(place, golden(`muon.${name}.weight`).shape, golden(`muon.${name}.weight`).data),
        ]),
      );

    it("of Moonlight's toy script, all cases in one optimizer", async () => {
      const weights = start();
      const optimizer = new Muon(weights, options);
      for (const step of steps) {
        backwardWith(
          ...[...weights].map(([name, w]) => {
            const absent = name === "skipped" && step === 2;
            return [w, absent ? null : goldenAt(`muon.${name}.grads`, step)] as const;
          }),
        );
        await optimizer.step();
        for (const [name, w] of weights) {
          const off = distance(await w.data(), goldenAt(`muon.${name}.f64.weights`, step));
          expect(off, `${name}, step ${step}`).toBeLessThan(place.tolerance(1e-9, 1e-5));
          const momentum = optimizer.stateDict().tensors[`${name}.momentum_buffer`];
          const expected = goldenAt(`muon.${name}.f64.momentum`, step);
          const largest = Math.max(...expected.map(Math.abs));
          expect(distance(await momentum.data(), expected), `${name}, momentum`).toBeLessThanOrEqual(
            place.tolerance(1e-9, 1e-5 * Math.min(1, largest)),
          );
        }
      }
    });

    it("of Keller Jordan's repository", async () => {
      const weights = start();
      weights.delete("skipped");
      const optimizer = new Muon(weights, { lr: 0.02, weightDecay: 0.1, momentumForm: "ema", scale: "keller" });
      for (const step of steps) {
        backwardWith(...[...weights].map(([name, w]) => [w, goldenAt(`muon.${name}.grads`, step)] as const));
        await optimizer.step();
        for (const [name, w] of weights) {
          const off = distance(await w.data(), goldenAt(`keller.${name}.f64.weights`, step));
          expect(off, `${name}, step ${step}`).toBeLessThan(place.tolerance(1e-9, 1e-5));
        }
      }
    });

    it("of the Moonlight facts", async () => {
      const w = weight(place, [2, 3], [0.5, -0.25, 1, 0, 0.75, -0.5]);
      const optimizer = new Muon({ w }, options);
      const printed = [
        [0.501468615, -0.249950024, 0.996631337, -0.001951518, 0.747844916, -0.50035865],
        [0.498998531, -0.24950005, 0.998003369, 0.000001952, 0.748502155, -0.498999641],
      ];
      for (const [step, expected] of printed.entries()) {
        backwardWith([w, [1, 2, 3, 4, 5, 6].map((value) => (step === 0 ? value : -0.5 * value))]);
        await optimizer.step();
        expect(distance(await w.data(), expected)).toBeLessThan(place.tolerance(1e-8, 1e-5));
      }
    });
  });

  it("decays by 1 − lr·weightDecay exactly, with the unscaled lr, before the update", async () => {
    const round = place.dtype === "float32" ? Math.fround : (value: number): number => value;
    const rate = fc.double({ min: 0, max: 0.5, noNaN: true });
    await fc.assert(
      fc.asyncProperty(rate, rate, fc.nat(1e6), async (lr, weightDecay, seed) => {
        const w = random(place, [3, 4], seed);
        const before = await w.data();
        const optimizer = new Muon({ w }, { lr, weightDecay });
        backwardWith([w, new Float64Array(12)]);
        await optimizer.step();
        const kept = round(1 - lr * weightDecay);
        expect([...(await w.data())]).toEqual([...before].map((value) => round(value * kept)));
      }),
    );
    const [decayed, plain] = [random(place, [3, 4], 1), random(place, [3, 4], 1)];
    const start = await plain.data();
    const [a, b] = [
      new Muon({ decayed }, { lr: 0.1, weightDecay: 0.5 }),
      new Muon({ plain }, { lr: 0.1, weightDecay: 0 }),
    ];
    backwardWith([decayed, gradientFor([3, 4], 2)], [plain, gradientFor([3, 4], 2)]);
    await Promise.all([a.step(), b.step()]);
    const [x, y] = [await decayed.data(), await plain.data()];
    expect(
      distance(
        [...x].map((value, i) => value - y[i]),
        [...start].map((value) => -0.05 * value),
      ),
    ).toBeLessThan(place.tolerance(1e-14, 1e-6));
  });

  it("takes experts [experts, rows, cols] as matrices of their own", async () => {
    const extent = fc.integer({ min: 1, max: 6 });
    await fc.assert(
      fc.asyncProperty(extent, extent, extent, fc.nat(1e6), async (experts, rows, cols, seed) => {
        const stack = random(place, [experts, rows, cols], seed);
        const contents = await stack.data();
        const size = rows * cols;
        const slice = (values: ArrayLike<number>, e: number): number[] =>
          Array.from({ length: size }, (_, i) => values[e * size + i]);
        const alone = Array.from({ length: experts }, (_, e) => weight(place, [rows, cols], slice(contents, e)));
        const together = new Muon({ stack }, { lr: 0.1 });
        const apart = alone.map((w, e) => new Muon({ [`expert${e}`]: w }, { lr: 0.1 }));
        for (const step of [0, 1]) {
          const gradient = gradientFor([experts, rows, cols], seed + 1 + step);
          backwardWith([stack, gradient]);
          for (const [e, w] of alone.entries()) backwardWith([w, slice(gradient, e)]);
          await Promise.all([together.step(), ...apart.map((optimizer) => optimizer.step())]);
        }
        const joined = (await Promise.all(alone.map((w) => w.data()))).flatMap((values) => [...values]);
        expect(distance(await stack.data(), joined)).toBeLessThan(place.tolerance(1e-10, 1e-4));
      }),
    );
  });

  it("updates parameters of many shapes, stacked, as each alone", async () => {
    const shape = fc.oneof(
      fc.constantFrom([2, 3], [3, 2], [3, 3], [2, 3, 2], [1, 2, 3]),
      fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(shape, { minLength: 1, maxLength: 8 }), fc.nat(1e6), async (shapes, seed) => {
        const make = (): Variable[] => shapes.map((s, i) => random(place, s, seed + i));
        const [stacked, single] = [make(), make()];
        const named = (weights: Variable[]): (readonly [string, Variable])[] => weights.map((w, i) => [`w${i}`, w]);
        const together = new Muon(named(stacked), { lr: 0.1 });
        const apart = named(single).map((entry) => new Muon([entry], { lr: 0.1 }));
        const gradients = shapes.map((s, i) => gradientFor(s, seed + 100 + i));
        backwardWith(...stacked.map((w, i) => [w, gradients[i]] as const));
        backwardWith(...single.map((w, i) => [w, gradients[i]] as const));
        await Promise.all([together.step(), ...apart.map((optimizer) => optimizer.step())]);
        for (const i of shapes.keys()) {
          expect(distance(await stacked[i].data(), await single[i].data())).toBeLessThan(place.tolerance(1e-10, 1e-4));
        }
      }),
    );
  });

  it("takes a kernel [out, in, height, width] as one matrix [out, in·height·width]", async () => {
    const [kernel, flat] = [random(place, [3, 2, 2, 2], 5), random(place, [3, 8], 5)];
    const gradient = gradientFor([3, 8], 6);
    const optimizers = [new Muon({ kernel }, { lr: 0.1 }), new Muon({ flat }, { lr: 0.1 })];
    backwardWith([kernel, gradient], [flat, gradient]);
    await Promise.all(optimizers.map((optimizer) => optimizer.step()));
    expect(await kernel.data()).toEqual(await flat.data());
  });

  it("takes blocks of rows as matrices of their own: fused query, key and value, or heads", async () => {
    const extent = fc.integer({ min: 1, max: 4 });
    const blocks = fc.oneof(
      fc.array(extent, { minLength: 1, maxLength: 3 }).map((sizes) => ({ splits: sizes, sizes })),
      fc.tuple(extent, extent).map(([n, size]) => ({ splits: n, sizes: Array.from({ length: n }, () => size) })),
    );
    await fc.assert(
      fc.asyncProperty(blocks, extent, fc.nat(1e6), async ({ splits, sizes }, cols, seed) => {
        const rows = sizes.reduce((sum, size) => sum + size);
        const fused = random(place, [rows, cols], seed);
        const contents = await fused.data();
        const starts = sizes.map((_, i) => cols * sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
        const slices = (values: ArrayLike<number>): number[][] =>
          sizes.map((size, i) => Array.from({ length: size * cols }, (_, at) => values[starts[i] + at]));
        const apart = slices(contents).map((values, i) => weight(place, [sizes[i], cols], values));
        const optimizers = [
          new Muon({ fused }, { lr: 0.1, splits }),
          new Muon(
            apart.map((w, i) => [`block${i}`, w] as const),
            { lr: 0.1 },
          ),
        ];
        for (const step of [0, 1]) {
          const gradient = gradientFor([rows, cols], seed + 1 + step);
          backwardWith([fused, gradient], ...slices(gradient).map((values, i) => [apart[i], values] as const));
          await Promise.all(optimizers.map((optimizer) => optimizer.step()));
        }
        const joined = (await Promise.all(apart.map((w) => w.data()))).flatMap((values) => [...values]);
        expect(distance(await fused.data(), joined)).toBeLessThan(place.tolerance(1e-10, 1e-4));
      }),
      { numRuns: 15 },
    );
  });

  it("takes heads of experts, and blocks of kernels", async () => {
    const [experts, kernel] = [random(place, [2, 4, 3], 1), random(place, [4, 3, 2, 1], 2)];
    const flat = [random(place, [4, 2, 3], 1), random(place, [4, 6], 2)];
    const gradients = [gradientFor([24], 3), gradientFor([24], 4)];
    const fused = new Muon(
      [
        { params: { experts }, splits: 2 },
        { params: { kernel }, splits: [1, 3] },
      ],
      { lr: 0.1 },
    );
    const plain = new Muon([{ params: { experts: flat[0] } }, { params: { kernel: flat[1] }, splits: [1, 3] }], {
      lr: 0.1,
    });
    backwardWith([experts, gradients[0]], [kernel, gradients[1]], [flat[0], gradients[0]], [flat[1], gradients[1]]);
    await Promise.all([fused.step(), plain.step()]);
    expect(await experts.data()).toEqual(await flat[0].data());
    expect(await kernel.data()).toEqual(await flat[1].data());
  });

  it("scales updates by the rule of a name, here of a tall and a wide matrix", async () => {
    const factors = {
      moonlight: [0.2 * Math.sqrt(8), 0.2 * Math.sqrt(8)],
      keller: [2, 1],
      spectralNorm: [2, 0.5],
      none: [1, 1],
    } as const;
    for (const [scale, [tall, wide]] of Object.entries(factors)) {
      const weights = [weight(place, [8, 2], new Float64Array(16)), weight(place, [2, 8], new Float64Array(16))];
      const optimizer = new Muon(
        [
          ["tall", weights[0]],
          ["wide", weights[1]],
        ],
        { lr: 1, scale: scale as keyof typeof factors },
      );
      const gradient = gradientFor([16], 9);
      backwardWith([weights[0], gradient], [weights[1], gradient]);
      await optimizer.step();
      for (const [i, shape] of [
        [8, 2],
        [2, 8],
      ].entries()) {
        const g = tensor(
          gradient.map((value) => 1.95 * value),
          { dtype: place.dtype, shape },
        );
        const expected = (await newtonSchulz(g).data()).map((value) => -[tall, wide][i] * value);
        expect(distance(await weights[i].data(), expected)).toBeLessThan(place.tolerance(1e-12, 1e-5));
      }
    }
  });

  it("takes other coefficients by name", async () => {
    const w = weight(place, [2, 3], new Float64Array(6));
    const iteration = { coefficients: "polarExpressSafe", steps: 8 } as const;
    const optimizer = new Muon({ w }, { lr: 1, scale: "none", newtonSchulz: iteration });
    backwardWith([w, [1, 2, 3, 4, 5, 6]]);
    await optimizer.step();
    // The exact polar factor of the Moonlight facts.
    const polar = [0.57779183, -0.1151167, -0.80802522, -0.70674602, -0.56575744, -0.42476886];
    expect(distance(await w.data(), polar)).toBeLessThan(place.tolerance(1e-8, 1e-5));
  });

  it("without nesterov orthogonalises the momentum itself, with the options of the iteration", async () => {
    const w = random(place, [3, 5], 3);
    const iteration = { steps: 3, coefficients: [2, -1.5, 0.5], eps: 1e-3 } as const;
    const before = await w.data();
    const gradients = [gradientFor([3, 5], 4), gradientFor([3, 5], 5)];
    const scale = (rows: number, cols: number): number => rows + 2 * cols;
    const optimizer = new Muon(
      { w },
      { lr: 0.1, weightDecay: 0, momentum: 0.5, nesterov: false, scale, newtonSchulz: iteration },
    );
    let expected = [...before];
    let momentum = new Float64Array(15);
    for (const gradient of gradients) {
      backwardWith([w, gradient]);
      await optimizer.step();
      momentum = momentum.map((value, i) => 0.5 * value + gradient[i]);
      const o = await newtonSchulz(tensor(momentum, { dtype: place.dtype, shape: [3, 5] }), iteration).data();
      expected = expected.map((value, i) => value - 0.1 * 13 * o[i]);
    }
    expect(distance(await w.data(), expected)).toBeLessThan(place.tolerance(1e-12, 1e-5));
  });
});

describe("Muon", () => {
  onDevice("reference");
  const place: Place = { name: "reference", dtype: "float32", tolerance: (_float64, float32) => float32 };

  it("refuses a vector and a scalar, by name", () => {
    const matrix = random(place, [2, 2], 1);
    expect(() => new Muon({ matrix, "norm.weight": random(place, [4], 1) })).toThrow(ShapeError);
    expect(() => new Muon({ matrix, "norm.weight": random(place, [4], 1) })).toThrow('"norm.weight" of shape [4]');
    expect(() => new Muon({ scalar: random(place, [], 1) })).toThrow('"scalar" of shape []');
  });

  it("refuses options that make no sense", () => {
    const w = random(place, [2, 2], 1);
    expect(() => new Muon({ w }, { lr: -1 })).toThrow("lr");
    expect(() => new Muon({ w }, { weightDecay: Number.NaN })).toThrow("weightDecay");
    expect(() => new Muon({ w }, { momentum: 1 })).toThrow("momentum is a number in [0, 1), not 1");
  });
});
