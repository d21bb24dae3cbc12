import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { moonlightSchedule, moonlightTokens } from "./moonlight-schedule.ts";

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
        const values = Array.from({ length: bounds.end + 1 }, (_, at) => inSteps(at));
        expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...values)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("refuses boundaries that do not rise", () => {
    expect(() => moonlightSchedule({ warmupEnd: 10, cosineEnd: 5, cooldownRiseEnd: 20, end: 30 })).toThrow(
      "cosineEnd is 5, which is not at or after warmupEnd 10",
    );
  });

  it("refuses options that it does not know, and rates that are none", () => {
    expect(() => moonlightSchedule({ peek: 1 } as object)).toThrow('moonlightSchedule: there is no option "peek"');
    expect(() => moonlightSchedule({ final: -1 })).toThrow("moonlightSchedule: final is a finite number ≥ 0, not -1");
  });
});
