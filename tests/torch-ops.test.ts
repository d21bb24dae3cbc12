/**
 * PyTorch's golden calls (fixtures/torch-ops): values and gradients in float64, and in float32 on each backend. And the page
 * of ops, which says what came of them.
 */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { page } from "../scripts/docs-ops/page.ts";
import { cases } from "./torch-ops/data.ts";
import { deviations, unexplained } from "./torch-ops/deviations.ts";
import { mapping, type Outcome, ops, runAll, settings } from "./torch-ops/run.ts";

/** One setting after the other: they share the default device. */
const results: Promise<Outcome[]>[] = [];
function resultsOf(i: number): Promise<Outcome[]> {
  results[i] ??= runAll(settings[i]);
  return results[i];
}

describe.each(settings.map((setting, i) => ({ ...setting, i })))("$dtype on $backend", ({ i, ...setting }) => {
  let outcomes: Outcome[] = [];
  beforeAll(async () => {
    outcomes = await resultsOf(i);
  });

  it.each(ops)("%s", (op) => {
    const own = outcomes.filter((outcome) => outcome.case.op === op);
    expect(own.length).toBeGreaterThan(0);
    expect(own.flatMap((outcome) => unexplained(outcome, setting))).toEqual([]);
  });
});

it("every op is mapped", () => {
  expect(ops.filter((op) => !(op in mapping))).toEqual([]);
});

it("each deviation is one of a stored call", () => {
  const stored = new Set(cases.map(({ op, index }) => `${op} ${index}`));
  expect(deviations.filter(({ op, index }) => !stored.has(`${op} ${index}`))).toEqual([]);
});

it("docs/ops.md is up to date; npm run docs writes it", async () => {
  const all: Outcome[][] = [];
  for (const i of settings.keys()) all.push(await resultsOf(i));
  expect(readFileSync(new URL("../docs/ops.md", import.meta.url), "utf8")).toBe(page(all));
});
