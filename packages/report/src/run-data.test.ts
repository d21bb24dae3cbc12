import { describe, expect, it } from "vitest";
import { madeUpRun } from "../test/made-up-run.ts";
import { loss } from "./page/format.ts";
import { flatten, summarize, validationCurve } from "./run-data.ts";

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

  it("passes over losses that are not finite, which JSON has as null", () => {
    const diverged = madeUpRun().events.map((event) =>
      event.kind === "validation" && event.step > 100 ? { ...event, loss: Number.NaN } : event,
    );
    const { best, validation } = summarize(JSON.parse(JSON.stringify(diverged)));
    expect(best?.step).toBe(100);
    expect([loss(best?.loss), loss(validation?.loss), loss(undefined)]).toEqual([
      best?.loss.toFixed(4),
      "not finite",
      "–",
    ]);
  });

  it("is empty where nothing happened yet", () => {
    expect(Object.values(summarize([])).filter((value) => value !== undefined)).toEqual([]);
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
