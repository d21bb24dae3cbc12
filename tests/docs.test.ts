/** The code on the pages of the guide: it compiles, it runs, and it prints what the page says. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPages } from "./docs/pages.ts";
import { Programs } from "./docs/programs.ts";
import type { Ran } from "./docs/run-pages.ts";

const pages = readPages();
const programs = new Programs("guide", Object.fromEntries(pages.flatMap(programsOf)));

afterAll(() => programs.remove());

/** That of a page, and those of its blocks which are only checked. */
function programsOf({ name, program, unrun }: (typeof pages)[number]): [string, string][] {
  return [[name, program], ...unrun.map((block, i): [string, string] => [`${name}-unrun-${i}`, block])];
}

it("it compiles", () => {
  expect(programs.check()).toBe("");
});

describe("it prints what the page says", () => {
  const run = pages.filter(({ program }) => program.trim() !== "");
  let ran = new Map<string, Ran>();
  beforeAll(() => {
    ran = programs.run(run.map(({ name }) => name));
  });

  it.each(run)("$name", ({ name, printed }) => {
    expect(printed.length).toBeGreaterThan(0);
    expect(ran.get(name)).toEqual({ printed, warned: [], error: "" });
  });
});
