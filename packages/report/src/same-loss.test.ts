import type { ValidationEvent } from "@tsuki/train";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sameLoss } from "./same-loss.ts";

const validation = (step: number, loss: number, part: ValidationEvent["part"] = "part"): ValidationEvent => ({
  kind: "validation",
  step,
  tokens: 100 * step,
  seconds: 2 * step,
  loss,
  part,
});
/** Of a run with as much in a step. */
const all = (share: number): unknown => ({ steps: share, tokens: share, seconds: share });

describe("the share of another run's training to its loss", () => {
  const other = [validation(10, 4), validation(20, 3), validation(40, 2)];

  it("is 1 for the run itself, also where it came to the loss of its end only then", () => {
    expect(sameLoss(other, other)).toEqual(all(1));
  });

  it("lies between two validations as their losses say", () => {
    expect(sameLoss([validation(10, 3), validation(20, 1)], other)).toEqual(all(15 / 40));
    expect(sameLoss([validation(8, 1.5)], other)).toEqual(all(8 / 40));
  });

  it("counts steps, tokens and seconds by themselves", () => {
    const larger = [{ ...validation(10, 2), tokens: 8000, seconds: 20 }];
    expect(sameLoss(larger, other)).toEqual({ steps: 1 / 4, tokens: 2, seconds: 1 / 4 });
  });

  it("is not reached where the loss is not, also where it was not finite", () => {
    expect(sameLoss([validation(10, 3)], other)).toBe("not reached");
    expect(sameLoss([validation(10, 3), { ...validation(20, 0), loss: Number.NaN }], other)).toBe("not reached");
  });

  it("compares losses on the same part alone", () => {
    const whole = [validation(40, 2.1, "whole")];
    expect(sameLoss([validation(10, 1, "whole")], other)).toBe("not comparable");
    expect(sameLoss([validation(10, 1, "whole")], [...other, ...whole])).toEqual(all(1 / 4));
    expect(sameLoss([validation(20, 2), validation(30, 1, "whole")], [...other, ...whole])).toEqual(all(1 / 2));
  });

  it("is none where nothing was validated, or before the first step alone", () => {
    expect(sameLoss([], other)).toBe("not comparable");
    expect(sameLoss(other, [])).toBe("not comparable");
    expect(sameLoss(other, [validation(0, 5)])).toBe("not comparable");
  });

  it("scales with the steps", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 50 }), (factor) => {
        const slower = other.map((event) => ({ ...event, step: event.step * factor }));
        expect(sameLoss(other, slower)).toMatchObject({ tokens: 1 });
        expect((sameLoss(other, slower) as { steps: number }).steps).toBeCloseTo(1 / factor, 12);
      }),
      { seed: 6, numRuns: 25 },
    );
  });
});
