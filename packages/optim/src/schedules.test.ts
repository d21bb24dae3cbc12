import { ArgumentError } from "@tsuki/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { constant, moonlightSchedule, moonlightTokens, warmupCosine } from "./schedules.ts";

const rates = fc.record({
  peak: fc.double({ min: 1e-5, max: 1, noNaN: true }),
  final: fc.double({ min: 0, max: 1e-5, noNaN: true }),
});

describe("constant", () => {
  it("is the same for ever", () => {
    expect([0, 1, 1e9].map(constant(0.3))).toEqual([0.3, 0.3, 0.3]);
  });
});

describe("warmupCosine", () => {
  const lengths = fc.record({ warmupSteps: fc.integer({ min: 0, max: 50 }), rest: fc.integer({ min: 1, max: 200 }) });

  it("rises from 0 by equal parts to the peak, falls to the final value, and stays there", () => {
    fc.assert(
      fc.property(rates, lengths, ({ peak, final }, { warmupSteps, rest }) => {
        const totalSteps = warmupSteps + rest;
        const schedule = warmupCosine({ peak, warmupSteps, totalSteps, final });
        for (let step = 0; step < warmupSteps; step++)
          expect(schedule(step)).toBeCloseTo((peak * step) / warmupSteps, 12);
        expect(schedule(warmupSteps)).toBeCloseTo(peak, 12);
        for (let step = warmupSteps; step < totalSteps; step++)
          expect(schedule(step + 1)).toBeLessThanOrEqual(schedule(step));
        expect(schedule(totalSteps)).toBeCloseTo(final, 15);
        expect(schedule(10 * totalSteps)).toBeCloseTo(final, 15);
        expect(schedule(warmupSteps + rest / 2)).toBeCloseTo((peak + final) / 2, 12);
      }),
    );
  });

  it("is point-symmetric about the middle of the fall", () => {
    fc.assert(
      fc.property(
        rates,
        lengths,
        fc.double({ min: 0, max: 1, noNaN: true }),
        ({ peak, final }, { warmupSteps, rest }, t) => {
          const schedule = warmupCosine({ peak, warmupSteps, totalSteps: warmupSteps + rest, final });
          expect(schedule(warmupSteps + t * rest) + schedule(warmupSteps + (1 - t) * rest)).toBeCloseTo(
            peak + final,
            9,
          );
        },
      ),
    );
  });

  it("refuses an end before the end of the rise", () => {
    expect(() => warmupCosine({ peak: 1, warmupSteps: 10, totalSteps: 9 })).toThrow(ArgumentError);
    expect(() => warmupCosine({ peak: 1, warmupSteps: 10, totalSteps: Number.NaN })).toThrow("totalSteps is NaN");
  });
});

describe("moonlightTokens", () => {
  it("has the published counts", () => {
    expect(moonlightTokens(1)).toBe(16_777_216);
    expect(moonlightTokens(2000) / 1e9).toBeCloseTo(33.55, 2);
    expect(moonlightTokens(12_000) / 1e9).toBeCloseTo(201.3, 1);
    expect(moonlightTokens(12_001) - moonlightTokens(12_000)).toBe(33_554_432);
    expect(moonlightTokens(42_000) / 1e12).toBeCloseTo(1.208, 3);
    expect(moonlightTokens(176_000) / 1e12).toBeCloseTo(5.7, 2);
  });
});

describe("moonlightSchedule", () => {
  const schedule = moonlightSchedule();

  it("has the published values, by tokens", () => {
    expect(schedule(0)).toBe(0);
    expect(schedule(moonlightTokens(1000))).toBeCloseTo(2.1e-4, 12);
    expect(schedule(moonlightTokens(2000))).toBeCloseTo(4.2e-4, 12);
    expect(schedule(1.2e12)).toBeCloseTo(3.744e-4, 7);
    expect(schedule(2.6e12)).toBeCloseTo(2.329e-4, 7);
    expect(schedule(5.2e12)).toBeCloseTo(4.2e-5, 12);
    expect(schedule(5.2e12 + 50 * 33_554_432)).toBeCloseTo(7.1e-5, 12);
    expect(schedule(5.2e12 + 100 * 33_554_432)).toBeCloseTo(1e-4, 12);
    expect(schedule(5.7e12)).toBe(0);
    expect(schedule(6e12)).toBe(0);
  });

  it("has cooldown steps as derived: 14,901 of 4096 sequences, falling by equal parts", () => {
    const cooldown = (5.7e12 - 5.2e12) / 33_554_432;
    expect(Math.round(cooldown)).toBe(14_901);
    const [a, b, c] = [1000, 2000, 3000].map((step) => schedule(5.2e12 + step * 33_554_432));
    expect(a - b).toBeCloseTo(b - c, 15);
    expect(a).toBeGreaterThan(b);
  });

  it("is continuous and within its peaks, with boundaries in any unit", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(lengths, ([one, two, three, four]) => {
        const bounds = {
          warmupEnd: one,
          cosineEnd: one + two,
          cooldownRiseEnd: one + two + three,
          end: one + two + three + four,
        };
        const inSteps = moonlightSchedule({ peak: 1, final: 0.1, cooldownPeak: 0.3, ...bounds });
        for (const end of Object.values(bounds)) expect(inSteps(end - 1e-9)).toBeCloseTo(inSteps(end), 6);
        expect([0, ...Object.values(bounds)].map((at) => Number(inSteps(at).toFixed(12)))).toEqual([0, 1, 0.1, 0.3, 0]);
        for (let at = 0; at <= bounds.end; at++) {
          expect(inSteps(at)).toBeGreaterThanOrEqual(0);
          expect(inSteps(at)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it("refuses boundaries that do not rise", () => {
    expect(() => moonlightSchedule({ warmupEnd: 10, cosineEnd: 5, cooldownRiseEnd: 20, end: 30 })).toThrow(
      "cosineEnd is 5, which is not at or after warmupEnd 10",
    );
  });
});
