import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { onEveryDevice } from "../test/devices.ts";
import { compose, frobenius, gaussian, orthonormal } from "../test/matrix.ts";
import { f5, logUniform, type Spectral, spectra } from "../test/spectra.ts";
import { backwardWith, weight } from "../test/training.ts";
import { AdamW } from "./adamw.ts";
import { Muon, type MuonOptions } from "./muon.ts";
import { scaleRules } from "./update-scale.ts";

onEveryDevice("Update-RMS scaling", (place) => {
  /** RMS of Muon's first update for a gradient. */
  async function rmsOf({ g }: Spectral, options: Partial<MuonOptions> = {}): Promise<number> {
    const w = weight(place, [g.rows, g.cols], new Float64Array(g.data.length));
    // Momentum 0: what is orthogonalised is the gradient.
    const optimizer = new Muon({ w }, { momentum: 0, lr: 0.5, weightDecay: 0, ...options });
    optimizer.logUpdateRms(true);
    backwardWith([w, g.data]);
    await optimizer.step();
    const rms = await optimizer.updateRms().get("w")!.item();
    // What was logged is what was done.
    expect(Math.abs(Math.hypot(...(await w.data())) / Math.sqrt(w.size) - 0.5 * rms)).toBeLessThan(
      place.tolerance(1e-12, 1e-6),
    );
    return rms;
  }

  for (const scale of ["moonlight", "keller"] as const) {
    it(`is s·√(Σ f⁵(x)² / (rows·cols)) for the ${scale} scale s`, async () => {
      await fc.assert(
        fc.asyncProperty(spectra(logUniform(0.01, 1)), async (example) => {
          const { rows, cols } = example.g;
          const exact = (scaleRules[scale](rows, cols) * Math.hypot(...example.x.map(f5))) / Math.sqrt(rows * cols);
          expect(Math.abs((await rmsOf(example, { scale })) - exact)).toBeLessThan(place.tolerance(1e-9, 1e-4));
        }),
      );
    });
  }

  it("lies in [0.136, 0.227] with Moonlight's scale, whatever the shape, for full rank and x ≥ 0.0052", async () => {
    await fc.assert(
      fc.asyncProperty(spectra(logUniform(0.02, 1)), async (example) => {
        const rms = await rmsOf(example);
        expect(rms).toBeGreaterThan(0.136);
        expect(rms).toBeLessThan(0.227);
      }),
    );
  });

  it("of AdamW is that of m̂ / (√v̂ + eps): 1 at the first step, whatever the gradient's size", async () => {
    await fc.assert(
      fc.asyncProperty(logUniform(1e-3, 1e3), fc.nat(1e6), async (size, seed) => {
        const w = weight(place, [5], [0, 0, 0, 0, 0]);
        const optimizer = new AdamW({ w }, { lr: 1 });
        optimizer.logUpdateRms(true);
        backwardWith([w, gaussian(1, 5, seed).data.map((value) => size * (Math.sign(value) + 0.1 * value))]);
        await optimizer.step();
        expect(Math.abs((await optimizer.updateRms().get("w")!.item()) - 1)).toBeLessThan(1e-4);
      }),
    );
  });
});

describe("scale rules", () => {
  it("moonlight gives an orthogonal update of rank r the RMS 0.2·√(r / min(rows, cols))", () => {
    const extent = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(extent, extent, fc.nat(1e6), (rows, cols, seed) => {
        const full = Math.min(rows, cols);
        const rank = 1 + (seed % full);
        const ones = Array.from({ length: rank }, () => 1);
        const o = compose(orthonormal(rows, rank, seed), ones, orthonormal(cols, rank, seed + 1));
        const rms = (scaleRules.moonlight(rows, cols) * frobenius(o)) / Math.sqrt(rows * cols);
        expect(rms).toBeCloseTo(0.2 * Math.sqrt(rank / full), 12);
      }),
    );
  });

  it("have Moonlight's values for its matrices", () => {
    const { moonlight, keller } = scaleRules;
    const qProj = [3072, 2048] as const;
    expect(moonlight(...qProj)).toBeCloseTo(11.085125, 6);
    expect(moonlight(576, 2048)).toBeCloseTo(9.050967, 6);
    expect(moonlight(4096, 512)).toBeCloseTo(12.8, 6);
    expect(moonlight(11264, 2048)).toBeCloseTo(21.226399, 6);
    expect(moonlight(2816, 2048)).toBeCloseTo(10.613199, 6);
    expect(moonlight(1024, 512)).toBeCloseTo(6.4, 6);
    expect(keller(...qProj)).toBeCloseTo(1.224745, 6);
    expect(keller(4096, 512)).toBeCloseTo(2.828427, 6);
    expect(keller(11264, 2048)).toBeCloseTo(2.345208, 6);
    expect(keller(2048, 1408)).toBeCloseTo(1.206045, 6);
    expect(keller(2816, 2048)).toBeCloseTo(1.172604, 6);
    expect(keller(1408, 2048)).toBe(1);
    expect(keller(1024, 512)).toBeCloseTo(Math.SQRT2, 12);
  });
});
