import { ArgumentError } from "@tsuki/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  constant,
  type Schedule,
  type WarmupDecayOptions,
  warmupCosine,
  warmupInverseSqrt,
  warmupLinear,
  warmupPolynomial,
  warmupStableDecay,
} from "./schedules.ts";

const rates = fc.record({
  peak: fc.double({ min: 1e-5, max: 1, noNaN: true }),
  final: fc.double({ min: 0, max: 1e-5, noNaN: true }),
});
const lengths = fc.record({ warmupSteps: fc.integer({ min: 0, max: 50 }), rest: fc.integer({ min: 1, max: 200 }) });
const share = fc.double({ min: 0, max: 1, noNaN: true });

/** The values of steps `from` to `to`. */
function values(schedule: Schedule, from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => schedule(from + i));
}

function isFalling(numbers: readonly number[]): boolean {
  return numbers.every((value, i) => i === 0 || value <= numbers[i - 1]);
}

describe("constant", () => {
  it("is the same for ever", () => {
    expect([0, 1, 1e9].map(constant(0.3))).toEqual([0.3, 0.3, 0.3]);
  });
});

/** What remains of peak − final at t. */
const falls: readonly [
  name: string,
  schedule: (options: WarmupDecayOptions) => Schedule,
  remains: (t: number) => number,
][] = [
  ["warmupCosine", warmupCosine, (t) => (1 + Math.cos(Math.PI * t)) / 2],
  ["warmupLinear", warmupLinear, (t) => 1 - t],
  ["warmupPolynomial", warmupPolynomial, (t) => (1 - t) ** 2],
  ["warmupPolynomial of power 0.5", (options) => warmupPolynomial({ ...options, power: 0.5 }), (t) => (1 - t) ** 0.5],
  ["warmupStableDecay", (options) => warmupStableDecay({ ...options, decaySteps: 0 }), (t) => (t < 1 ? 1 : 0)],
];

for (const [name, of, remains] of falls) {
  describe(name, () => {
    it("rises from 0 by equal parts to the peak, falls by its formula to the final value, and stays there", () => {
      fc.assert(
        fc.property(rates, lengths, share, ({ peak, final }, { warmupSteps, rest }, t) => {
          const totalSteps = warmupSteps + rest;
          const schedule = of({ peak, warmupSteps, totalSteps, final });
          const rise = values(schedule, 0, warmupSteps);
          for (const [step, lr] of rise.entries()) {
            if (Math.abs(lr - (warmupSteps > 0 ? (peak * step) / warmupSteps : peak)) > 1e-15)
              expect.fail(`${step}: ${lr}`);
          }
          expect(schedule(warmupSteps)).toBe(peak);
          expect(isFalling(values(schedule, warmupSteps, totalSteps + 1))).toBe(true);
          // The sum is rounded, which counts where the fall is steep.
          const step = warmupSteps + t * rest;
          expect(schedule(step)).toBeCloseTo(final + (peak - final) * remains((step - warmupSteps) / rest), 12);
          expect(schedule(totalSteps)).toBe(final);
          expect(schedule(10 * totalSteps)).toBe(final);
        }),
      );
    });

    it("refuses an end before the end of the rise, rates that are none, and unknown options", () => {
      const good = { peak: 1, warmupSteps: 10, totalSteps: 20 };
      expect(() => of({ ...good, totalSteps: 9 })).toThrow(ArgumentError);
      expect(() => of({ ...good, totalSteps: Number.NaN })).toThrow("totalSteps is NaN");
      expect(() => of({ ...good, warmupSteps: -1 })).toThrow("warmupSteps is -1");
      expect(() => of({ ...good, peak: "1" as never })).toThrow('peak is a finite number ≥ 0, not "1"');
      expect(() => of({ ...good, final: -1 })).toThrow("final is a finite number ≥ 0, not -1");
      expect(() => of({ ...good, warmup: 1 } as never)).toThrow('there is no option "warmup", only peak, ');
    });
  });
}

describe("warmupCosine", () => {
  it("is point-symmetric about the middle of the fall", () => {
    fc.assert(
      fc.property(rates, lengths, share, ({ peak, final }, { warmupSteps, rest }, t) => {
        const schedule = warmupCosine({ peak, warmupSteps, totalSteps: warmupSteps + rest, final });
        const pair = schedule(warmupSteps + t * rest) + schedule(warmupSteps + (1 - t) * rest);
        expect(pair).toBeCloseTo(peak + final, 9);
      }),
    );
  });
});

describe("warmupStableDecay", () => {
  const shapes = [
    ["linear", (t: number) => 1 - t],
    ["cosine", (t: number) => (1 + Math.cos(Math.PI * t)) / 2],
    ["1-sqrt", (t: number) => 1 - Math.sqrt(t)],
  ] as const;
  for (const [decay, remains] of shapes) {
    it(`is the peak exactly until the last decaySteps, which fall to the final value: ${decay}`, () => {
      const stable = fc.integer({ min: 0, max: 50 });
      fc.assert(
        fc.property(rates, lengths, stable, share, ({ peak, final }, { warmupSteps, rest: decaySteps }, still, t) => {
          const totalSteps = warmupSteps + still + decaySteps;
          const schedule = warmupStableDecay({ peak, warmupSteps, decaySteps, totalSteps, final, decay });
          const decayStart = warmupSteps + still;
          expect(new Set(values(schedule, warmupSteps, decayStart))).toEqual(new Set([peak]));
          const step = decayStart + t * decaySteps;
          const along = (step - decayStart) / decaySteps;
          expect(schedule(step)).toBeCloseTo(final + (peak - final) * remains(along), 9);
          expect(isFalling(values(schedule, decayStart, totalSteps))).toBe(true);
          expect(schedule(totalSteps)).toBe(final);
        }),
      );
    });
  }

  it("may be prolonged: before the decay it does not depend on the end", () => {
    const [short, long] = [100, 1000].map((totalSteps) =>
      warmupStableDecay({ peak: 1, warmupSteps: 10, decaySteps: 20, totalSteps }),
    );
    expect(values(short, 0, 80)).toEqual(values(long, 0, 80));
  });

  it("refuses a decay that does not fit, and unknown shapes", () => {
    const good = { peak: 1, warmupSteps: 10, decaySteps: 5, totalSteps: 20 };
    expect(() => warmupStableDecay({ ...good, decaySteps: 11 })).toThrow(
      "totalSteps − decaySteps is 9, which is not at or after warmupSteps 10",
    );
    expect(() => warmupStableDecay({ ...good, decay: "sqrt" as never })).toThrow(
      'decay is "linear" or "cosine" or "1-sqrt", not "sqrt"',
    );
  });
});

describe("warmupInverseSqrt", () => {
  it("rises to the peak, and falls to half of it in four times the time", () => {
    const schedule = warmupInverseSqrt({ peak: 0.5, warmupSteps: 10 });
    expect([0, 5, 10, 40, 160, 1000].map(schedule)).toEqual([0, 0.25, 0.5, 0.25, 0.125, 0.05]);
    expect(isFalling(values(schedule, 10, 100))).toBe(true);
  });

  it("refuses no rise", () => {
    expect(() => warmupInverseSqrt({ peak: 1, warmupSteps: 0 })).toThrow("warmupSteps is a whole number ≥ 1, not 0");
  });
});
