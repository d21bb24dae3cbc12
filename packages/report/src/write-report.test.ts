import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { madeUpRun } from "../test/made-up-run.ts";
import { saveRun } from "../test/save-run.ts";
import { RunError } from "./read-run.ts";
import { writeReport } from "./write-report.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tsuki-report-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("writeReport", () => {
  it("writes into the folder of the run, and again over it", async () => {
    const run = saveRun(folder, madeUpRun({ name: "a", steps: 5 }));
    for (let times = 0; times < 2; times++) {
      const file = await writeReport(run);
      expect(file).toBe(join(run, "report.html"));
      expect(readFileSync(file, "utf8")).toContain("<title>a · Tsuki</title>");
    }
    expect(readdirSync(run).sort()).toEqual(["config.json", "metrics.jsonl", "report.html"]);
  });

  it("puts several runs into one page, in their order", async () => {
    const folders = ["b", "a"].map((name) => saveRun(folder, madeUpRun({ name, steps: 5 })));
    const out = join(folder, "both.html");
    expect(await writeReport(folders, { out })).toBe(out);
    const html = readFileSync(out, "utf8");
    expect(html.indexOf('"name":"b"')).toBeGreaterThan(0);
    expect(html.indexOf('"name":"a"')).toBeGreaterThan(html.indexOf('"name":"b"'));
    expect(readdirSync(folders[0])).not.toContain("report.html");
  });

  it("writes nothing where one of the runs is none", async () => {
    const run = saveRun(folder, madeUpRun({ steps: 5 }));
    await expect(writeReport([run, join(folder, "none")])).rejects.toThrow(RunError);
    await expect(writeReport([])).rejects.toThrow(RunError);
    expect(readdirSync(run)).not.toContain("report.html");
  });
});
