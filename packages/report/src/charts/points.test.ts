import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { downSample, type Point, smooth } from "./points.ts";

const runs = { seed: 6, numRuns: 50 };
const curve = fc
  .array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 400 })
  .map((ys): Point[] => ys.map((y, x) => ({ x, y })));
const stretches = fc.integer({ min: 1, max: 60 });
const ys = (points: readonly Point[]): number[] => points.map(({ y }) => y);

describe("downSample", () => {
  it("keeps some of the points, in their order", () => {
    fc.assert(
      fc.property(curve, stretches, (points, n) => {
        const xs = downSample(points, n).map(({ x }) => x);
        expect(xs).toEqual([...new Set(xs)].sort((a, b) => a - b));
        for (const point of downSample(points, n)) expect(points).toContain(point);
      }),
      runs,
    );
  });

  it("keeps the ends, the lowest and the highest", () => {
    fc.assert(
      fc.property(curve, stretches, (points, n) => {
        const kept = downSample(points, n);
        expect([kept[0], kept.at(-1)]).toEqual([points[0], points.at(-1)]);
        expect(Math.min(...ys(kept))).toBe(Math.min(...ys(points)));
        expect(Math.max(...ys(kept))).toBe(Math.max(...ys(points)));
      }),
      runs,
    );
  });

  it("keeps the lowest and the highest of every stretch", () => {
    const points = Array.from({ length: 100 }, (_, x) => ({ x, y: x % 10 === 3 ? -x : x % 10 === 7 ? x : 0 }));
    const kept = downSample(points, 10);
    for (let i = 0; i < 10; i++) {
      expect(kept).toContain(points[10 * i + 3]);
      expect(kept).toContain(points[10 * i + 7]);
    }
    expect(kept).toHaveLength(22);
  });

  it("leaves at most two points a stretch and the ends; a short curve stays as it is", () => {
    fc.assert(
      fc.property(curve, stretches, (points, n) => {
        const kept = downSample(points, n);
        expect(kept.length).toBeLessThanOrEqual(2 * n + 2);
        if (points.length <= 2 * n + 2) expect(kept).toBe(points);
      }),
      runs,
    );
  });

  it("refuses what is no number of stretches", () => {
    for (const n of [0, -1, 1.5, Number.NaN]) expect(() => downSample([], n)).toThrow(RangeError);
  });
});

describe("smooth", () => {
  it("is the curve itself at 0, and leaves a constant alone", () => {
    fc.assert(
      fc.property(curve, fc.double({ min: 0, max: 0.99, noNaN: true }), (points, beta) => {
        expect(smooth(points, 0)).toEqual(points);
        for (const { y } of smooth(
          points.map(({ x }) => ({ x, y: 3 })),
          beta,
        )) {
          expect(y).toBeCloseTo(3, 10);
        }
      }),
      runs,
    );
  });

  it("is the weighted mean of what came before", () => {
    const points = [4, 8, 2].map((y, x) => ({ x, y }));
    const [first, second, third] = ys(smooth(points, 0.5));
    expect(first).toBe(4);
    expect(second).toBeCloseTo((0.5 * 4 + 8) / 1.5, 12);
    expect(third).toBeCloseTo((0.25 * 4 + 0.5 * 8 + 2) / 1.75, 12);
  });

  it("forgets as much over a gap as over a value", () => {
    const points = [4, Number.NaN, Number.NaN, 8].map((y, x) => ({ x, y }));
    const [first, last, ...more] = smooth(points, 0.5);
    expect([first, more]).toEqual([{ x: 0, y: 4 }, []]);
    expect(last.x).toBe(3);
    expect(last.y).toBeCloseTo((0.125 * 4 + 8) / 1.125, 12);
  });

  it("takes a point that stands for several steps as so many equal ones", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(sizes, fc.double({ min: 0, max: 0.99, noNaN: true }), (sizes, beta) => {
        const groups = sizes.map((steps, x) => ({ x, y: Math.sin(3 * x), steps }));
        const alone = groups.flatMap(({ x, y, steps }) => Array.from({ length: steps }, () => ({ x, y })));
        const expected = smooth(alone, beta);
        let end = 0;
        for (const { y, x } of smooth(groups, beta)) {
          end += groups[x].steps;
          expect(y).toBeCloseTo(expected[end - 1].y, 10);
        }
        expect(end).toBe(alone.length);
      }),
      runs,
    );
  });

  it("refuses a beta outside [0, 1)", () => {
    for (const beta of [-0.1, 1, Number.NaN]) expect(() => smooth([], beta)).toThrow(RangeError);
  });
});
