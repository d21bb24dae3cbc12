/** The code on the pages of the guide: it compiles, it runs, and it prints what the page says. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPages } from "./docs/pages.ts";
import { Programs, patience } from "./docs/programs.ts";
import type { Ran } from "./docs/run-pages.ts";

const docs = new URL("../docs/", import.meta.url);
const pages = readPages();
const programs = new Programs("guide", Object.fromEntries(pages.flatMap(programsOf)));

afterAll(() => programs.remove());

/** That of a page, and those of its blocks which are only checked. */
function programsOf({ name, program, unrun }: (typeof pages)[number]): [string, string][] {
  return [[name, program], ...unrun.map((block, i): [string, string] => [`${name}-unrun-${i}`, block])];
}

it("the sidebar has every page of the guide", () => {
  const names = readdirSync(new URL("guide", docs)).map((file) => file.replace(".md", ""));
  const config = readFileSync(new URL(".vitepress/config.mts", docs), "utf8");
  expect(names.filter((name) => !config.includes(`"/guide/${name}"`))).toEqual([]);
});

it("the page of examples has every example", () => {
  const folder = new URL("../examples/src/", import.meta.url);
  const names = readdirSync(folder).filter((name) => existsSync(new URL(`${name}/main.ts`, folder)));
  const page = readFileSync(new URL("guide/examples.md", docs), "utf8");
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !page.includes(`\n| \`${name}\``))).toEqual([]);
});

it(
  "it compiles",
  async () => {
    expect(await programs.check()).toBe("");
  },
  patience,
);

describe("it prints what the page says", () => {
  const run = pages.filter(({ program }) => program.trim() !== "");
  let ran = new Map<string, Ran>();
  beforeAll(async () => {
    ran = await programs.run(run.map(({ name }) => name));
  }, patience);

  it.each(run)("$name", ({ name, printed }) => {
    expect(printed.length).toBeGreaterThan(0);
    expect(ran.get(name)).toEqual({ printed, warned: [], error: "" });
  });
});
