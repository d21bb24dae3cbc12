import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunEvent } from "../events.ts";
import { CsvLog } from "./csv-log.ts";
import { RunFolder } from "./run-folder.ts";

const events: readonly RunEvent[] = [
  { kind: "validation", step: 0, tokens: 0, seconds: 0.5, loss: 5.5, part: "part" },
  {
    kind: "step",
    step: 1,
    tokens: 8,
    seconds: 1,
    loss: 5,
    lr: 0.1,
    gradNorm: 2,
    tokensPerSecond: 8,
    metrics: { 'the "busiest", by far': 0.25 },
    updateRms: { muon: 0.2 },
  },
  { kind: "experts", step: 1, tokens: 8, seconds: 1, load: [[1, 1]] },
  { kind: "sample", step: 1, tokens: 8, seconds: 1, text: "whale" },
  { kind: "step", step: 2, tokens: 16, seconds: 2, loss: 1e-7, lr: 0.1, gradNorm: 2, tokensPerSecond: 8 },
];
const rows = [
  'step,tokens,seconds,loss,lr,gradNorm,tokensPerSecond,validationLoss,"the ""busiest"", by far",updateRms.muon',
  "0,0,0.5,,,,,5.5,,",
  "1,8,1,5,0.1,2,8,,0.25,0.2",
  "2,16,2,1e-7,0.1,2,8,,,",
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tsuki-csv-"));
});
afterEach(() => rmSync(folder, { recursive: true }));
const lines = (...path: string[]): string[] => readFileSync(join(folder, ...path), "utf8").split("\n");

describe("metrics.csv", () => {
  it("has a row a step and a validation, and cells as RFC 4180 has them", () => {
    const log = new CsvLog(join(folder, "metrics.csv"));
    for (const event of events) log.log(event);
    log.close();
    expect(lines("metrics.csv")).toEqual([...rows, ""]);
  });

  it("begins with what was logged before, and stays once it is there", () => {
    const path = join(folder, "run");
    const first = RunFolder.create(path, { program: "test", config: {}, environment: {} });
    first.log(events[0]);
    first.log(events[1]);
    first.logCsv(true);
    first.log(events[4]);
    first.close();
    expect(lines("run", "metrics.csv")).toEqual([...rows, ""]);

    // The run went back to a checkpoint.
    const second = RunFolder.open(path);
    second.cutMetrics(second.position - 1);
    second.logCsv(false);
    expect(lines("run", "metrics.csv")).toEqual([...rows.slice(0, 3), ""]);
    second.close();
  });

  it("is not made where nobody wished for it", () => {
    const run = RunFolder.create(join(folder, "run"), { program: "test", config: {}, environment: {} });
    run.logCsv(false);
    run.log(events[1]);
    run.close();
    expect(() => lines("run", "metrics.csv")).toThrow(/ENOENT/);
  });
});
