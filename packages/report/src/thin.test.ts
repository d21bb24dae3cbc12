import type { StepEvent } from "@tsuki/train";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { madeUpRun } from "../test/made-up-run.ts";
import { eventsOf } from "./run-data.ts";
import { isGroup, thin } from "./thin.ts";

const limits = fc.record({
  steps: fc.integer({ min: 2, max: 300 }),
  experts: fc.integer({ min: 2, max: 30 }),
  samples: fc.integer({ min: 2, max: 8 }),
});
const run = madeUpRun({ steps: 230 });
const steps = eventsOf(run.events, "step");
const runs = { seed: 6, numRuns: 25 };
const sizeOf = (step: StepEvent): number => (isGroup(step) ? step.group.steps : 1);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("a thinned run", () => {
  it("is the run itself within the limits", () => {
    expect(thin(run)).toBe(run);
  });

  it("holds as many events as it may, in the order of their steps; the last of each kind and all validations stay", () => {
    fc.assert(
      fc.property(limits, (most) => {
        const { events } = thin(run, most);
        expect(eventsOf(events, "step").length).toBeLessThanOrEqual(most.steps);
        expect(eventsOf(events, "experts").length).toBeLessThanOrEqual(most.experts);
        expect(eventsOf(events, "sample").length).toBeLessThanOrEqual(most.samples);
        expect(eventsOf(events, "validation")).toEqual(eventsOf(run.events, "validation"));
        for (const kind of ["step", "experts", "sample"] as const) {
          expect(eventsOf(events, kind).at(-1)).toEqual(eventsOf(run.events, kind).at(-1));
        }
        const order = events.map(({ step }) => step);
        expect(order).toEqual(order.toSorted((a, b) => a - b));
      }),
      runs,
    );
  });

  it("says for how many an event stands", () => {
    const { thinned, events } = thin(run, { steps: 24, experts: 30, samples: 3 });
    expect(thinned).toEqual({ steps: 10, experts: 1, samples: 2 });
    expect(sizeOf(eventsOf(events, "step")[0])).toBe(10);
    expect(eventsOf(events, "experts")).toEqual(eventsOf(run.events, "experts"));
    expect(eventsOf(events, "sample").map(({ step }) => step)).toEqual([50, 150, 200]);
  });

  it("has each step in one group, with its mean, its lowest and its highest", () => {
    fc.assert(
      fc.property(limits, (most) => {
        let begin = 0;
        for (const thinned of eventsOf(thin(run, most).events, "step")) {
          const members = steps.slice(begin, begin + sizeOf(thinned));
          begin += members.length;
          const last = members[members.length - 1];
          expect([thinned.step, thinned.tokens, thinned.seconds]).toEqual([last.step, last.tokens, last.seconds]);
          if (!isGroup(thinned)) continue;
          for (const name of ["loss", "lr", "gradNorm", "tokensPerSecond"] as const) {
            const values = members.map((step) => step[name]);
            expect(thinned[name] / mean(values)).toBeCloseTo(1, 5);
            expect(thinned.group.low[name] / Math.min(...values)).toBeCloseTo(1, 5);
            expect(thinned.group.high[name] / Math.max(...values)).toBeCloseTo(1, 5);
          }
          const observed = members.flatMap(({ updateRms }) => updateRms?.Muon ?? []);
          if (observed.length === 0) expect(thinned.updateRms).toBeUndefined();
          else expect(thinned.updateRms?.Muon).toBeCloseTo(mean(observed), 5);
        }
        expect(begin).toBe(steps.length);
      }),
      runs,
    );
  });

  it("keeps the mean load of the experts", () => {
    const first = eventsOf(thin(run, { steps: 500, experts: 4, samples: 9 }).events, "experts")[0];
    const members = eventsOf(run.events, "experts").filter(({ step }) => step <= first.step);
    expect(members.length).toBeGreaterThan(1);
    expect(first.load[1][3]).toBeCloseTo(mean(members.map(({ load }) => load[1][3])), 5);
  });

  it("leaves out of the means what was not finite, as JSON has null for it", () => {
    const losses = [1, null, 4, 9];
    const events = losses.map((loss, i) => ({ ...steps[i], loss: loss as number }));
    const [group] = eventsOf(thin({ ...run, events }, { steps: 2, experts: 9, samples: 9 }).events, "step");
    expect(group).toMatchObject({ loss: 2.5, group: { steps: 3, low: { loss: 1 }, high: { loss: 4 } } });
  });

  it("is small, however long the run was", () => {
    const long = madeUpRun({ steps: 30_000 });
    expect(JSON.stringify(long).length).toBeGreaterThan(7_000_000);
    expect(JSON.stringify(thin(long)).length).toBeLessThan(1_100_000);
  });
});
