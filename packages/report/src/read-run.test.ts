import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { madeUpRun } from "../test/made-up-run.ts";
import { saveRun } from "../test/save-run.ts";
import { RunError, readRun } from "./read-run.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tsuki-report-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = madeUpRun({ steps: 20 });

describe("readRun", () => {
  it("reads what training wrote", async () => {
    expect(await readRun(saveRun(folder, run))).toEqual(run);
  });

  it("leaves out a last line that is cut off, wherever", async () => {
    const lines = run.events.map((event) => `${JSON.stringify(event)}\n`);
    const text = lines.join("");
    const path = saveRun(folder, run);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: text.length }), async (length) => {
        const cut = text.slice(0, length);
        writeFileSync(join(path, "metrics.jsonl"), cut);
        expect((await readRun(path)).events).toEqual(run.events.slice(0, cut.split("\n").length - 1));
      }),
      { seed: 6, numRuns: 25 },
    );
  });

  it("takes a run that has logged nothing yet", async () => {
    const path = saveRun(folder, run);
    rmSync(join(path, "metrics.jsonl"));
    expect((await readRun(path)).events).toEqual([]);
  });

  it("takes a run of no known environment", async () => {
    const path = saveRun(folder, run);
    writeFileSync(join(path, "config.json"), '{"program":"x","config":{}}');
    expect(await readRun(path)).toMatchObject({ program: "x", config: {}, environment: {} });
  });

  it("names the file and the line that is damaged", async () => {
    const path = saveRun(folder, run);
    const file = join(path, "metrics.jsonl");
    for (const [line, message] of [
      ['{"kind":', `${file}, line 2, is no JSON`],
      ["[1]", `${file}, line 2, is no event of a run`],
      ['{"kind":"step"}', `${file}, line 2, is no event of a run`],
    ]) {
      writeFileSync(file, `${JSON.stringify(run.events[0])}\n${line}\n${JSON.stringify(run.events[1])}\n`);
      await expect(readRun(path)).rejects.toThrow(message);
      await expect(readRun(path)).rejects.toThrow(RunError);
    }
  });

  it("refuses a folder that holds no run", async () => {
    await expect(readRun(join(folder, "none"))).rejects.toThrow(`${join(folder, "none")} holds no run`);
    mkdirSync(join(folder, "other"));
    for (const text of ["null", "[]", '{"program":"x"}', '{"config":{}}']) {
      writeFileSync(join(folder, "other", "config.json"), text);
      await expect(readRun(join(folder, "other"))).rejects.toThrow("config.json holds no program and config");
    }
  });
});
