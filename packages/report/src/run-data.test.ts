import type { RunEvent, ValidationEvent } from "@tsuki/train";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { madeUpRun } from "../test/made-up-run.ts";
import { flatten, shareOfSteps, summarize, validationCurve } from "./run-data.ts";

const validation = (step: number, loss: number, part: ValidationEvent["part"] = "part"): RunEvent => ({
  kind: "validation",
  step,
  tokens: 0,
  seconds: 0,
  loss,
  part,
});

describe("the summary of a run", () => {
  it("has the last step, the whole validation, the best one, the usual speed", () => {
    const { events } = madeUpRun();
    const { last, validation, best, tokensPerSecond } = summarize(events);
    expect(last?.step).toBe(200);
    expect(validation?.part).toBe("whole");
    expect(best).toEqual(validationCurve(events).at(-1));
    expect(tokensPerSecond).toBeGreaterThan(4500);
    expect(tokensPerSecond).toBeLessThan(4900);
  });

  it("is empty where nothing happened yet", () => {
    expect(Object.values(summarize([])).filter((value) => value !== undefined)).toEqual([]);
  });
});

describe("the share of the steps to another run's loss", () => {
  const other = [validation(10, 4), validation(20, 3), validation(40, 2)];

  it("is 1 for the run itself, also where it came to the loss of its end only then", () => {
    expect(shareOfSteps(other, other)).toBe(1);
  });

  it("lies between two validations as their losses say", () => {
    expect(shareOfSteps([validation(10, 3), validation(20, 1)], other)).toBe(15 / 40);
    expect(shareOfSteps([validation(8, 1.5)], other)).toBe(8 / 40);
  });

  it("is none where the loss is not reached, or nothing compares", () => {
    expect(shareOfSteps([validation(10, 3)], other)).toBeNull();
    expect(shareOfSteps([], other)).toBeNull();
    expect(shareOfSteps(other, [])).toBeNull();
    expect(shareOfSteps([validation(10, 1, "whole")], other)).toBeNull();
  });

  it("scales with the steps", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 50 }), (factor) => {
        const slower = other.map((event) => ({ ...event, step: event.step * factor }));
        expect(shareOfSteps(other, slower)).toBeCloseTo(1 / factor, 12);
      }),
      { seed: 6, numRuns: 25 },
    );
  });
});

describe("flatten", () => {
  it("joins keys with dots and writes values as JSON, text as it is", () => {
    expect(flatten({ a: 1, b: { c: "x", d: { e: null } }, f: [1, 2] })).toEqual({
      a: "1",
      "b.c": "x",
      "b.d.e": "null",
      f: "[1,2]",
    });
  });
});
