/**
 * The tables of docs/from-pytorch.md and docs/from-numpy.md: both sides run, and give the same where the row does not say
 * otherwise. What Python gave is recorded, for machines without it; `-u` records anew and writes the pages.
 */
import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { numpy } from "../docs/pairs/numpy.ts";
import { pytorch } from "../docs/pairs/pytorch.ts";
import type { Encoded } from "./docs/encode.ts";
import { agree, pairsOf, programOf, runPython } from "./docs/pairs.ts";
import { Programs, patience } from "./docs/programs.ts";
import type { Ran } from "./docs/run-pages.ts";
import { pageOf } from "./docs/table-page.ts";

const tables = { pytorch, numpy };
const programs = new Programs(
  "pairs",
  Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, programOf(table)])),
);
let tsuki = new Map<string, Ran>();
beforeAll(async () => {
  tsuki = await programs.run();
}, patience);
afterAll(() => programs.remove());

it(
  "TypeScript's side compiles",
  async () => {
    expect(await programs.check()).toBe("");
  },
  patience,
);

describe.each(Object.entries(tables))("%s", (name, table) => {
  const file = new URL(`docs/results/${name}.jsonl`, import.meta.url);
  const fresh = runPython(table);
  const recorded = existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
  const expected: Encoded[] = "missing" in fresh ? recorded.map((line) => JSON.parse(line)) : fresh;
  const pairs = pairsOf(table).map((pair, i) => ({ ...pair, i }));
  const actual = (i: number): Encoded => JSON.parse(tsuki.get(name)?.printed[i] ?? "null");

  it("Python gives what is recorded", async ({ skip }) => {
    if ("missing" in fresh) {
      if (process.env.TSUKI_PYTHON === "required") throw new Error(fresh.missing);
      return skip(fresh.missing);
    }
    const lines = fresh.map((result) => `${JSON.stringify(result)}\n`);
    await expect(lines.join("")).toMatchFileSnapshot(file.pathname);
  });

  it("all of it runs without a warning", () => {
    const { printed, warned, error } = tsuki.get(name) ?? {};
    expect({ results: printed?.length, warned, error }).toEqual({ results: pairs.length, warned: [], error: "" });
    expect(expected).toHaveLength(pairs.length);
  });

  it.each(pairs)("$python", ({ i, differs = false }) => {
    const same = agree(expected[i], actual(i));
    expect(same, `${JSON.stringify(expected[i])} and ${JSON.stringify(actual(i))}`).toBe(!differs);
  });

  it("the page is up to date", async () => {
    const results = pairs.map(({ i }) => ({ python: expected[i], tsuki: actual(i) }));
    const page = pageOf(table, `docs/pairs/${name}.ts`, results);
    await expect(page).toMatchFileSnapshot(`../docs/from-${name}.md`);
  });
});
