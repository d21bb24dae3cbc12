import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ValidationEvent } from "../events.ts";
import { RunFolder, type RunRecord, readRecord } from "./run-folder.ts";
import { UsageError } from "./usage-error.ts";

const record: RunRecord = { program: "test", config: { seed: 5 }, environment: { node: "v24" } };
let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), "tsuki-run-")), "a", "run");
});
afterEach(() => rmSync(join(path, "..", ".."), { recursive: true }));

const line = (step: number): ValidationEvent => ({
  kind: "validation",
  step,
  tokens: 8 * step,
  seconds: 2,
  loss: 1,
  part: "part",
});
const text = (...steps: number[]): string => steps.map((step) => `${JSON.stringify(line(step))}\n`).join("");

describe("the folder of a run", () => {
  it("has its record", () => {
    RunFolder.create(path, record).close();
    expect(readRecord(path, "test")).toEqual(record);
  });

  it("is not taken twice", () => {
    RunFolder.create(path, record).close();
    expect(() => RunFolder.create(path, record)).toThrow(
      `error: --out ${path} holds a run already; --resume ${path} goes on with it`,
    );
  });

  it("takes no folder that holds something else, and no path that cannot be written", () => {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "metrics.jsonl"), "mine");
    expect(() => RunFolder.create(path, record)).toThrow(new UsageError(`error: --out ${path} is not empty`));
    expect(readFileSync(join(path, "metrics.jsonl"), "utf8")).toBe("mine");
    const begun = join(path, "begun");
    mkdirSync(begun);
    writeFileSync(join(begun, "config.json.tmp"), "{");
    RunFolder.create(begun, record).close();
    expect(readRecord(begun, "test")).toEqual(record);
    expect(() => RunFolder.create(join(path, "metrics.jsonl"), record)).toThrow(/^error: --out ".*" cannot be written/);
    expect(() => RunFolder.create("", record)).toThrow(/^error: --out "" cannot be written/);
  });

  it("is trained in by one process; what a killed one left does not count", () => {
    const first = RunFolder.create(path, record);
    first.close();
    writeFileSync(join(path, "lock"), String(process.ppid));
    expect(() => RunFolder.open(path)).toThrow(`error: process ${process.ppid} is training in this folder`);
    writeFileSync(join(path, "lock"), String(2 ** 30));
    RunFolder.open(path).close();
    expect(existsSync(join(path, "lock"))).toBe(false);
  });

  it.skipIf(!existsSync("/dev/full"))("says which file a full disk does not take", () => {
    mkdirSync(path, { recursive: true });
    symlinkSync("/dev/full", join(path, "metrics.jsonl"));
    const folder = RunFolder.open(path);
    expect(() => folder.log(line(1))).toThrow(
      `ENOSPC: no space left on device, write, writing '${path}/metrics.jsonl'`,
    );
    folder.close();
  });

  it("forgets what was logged after a checkpoint, and goes on", () => {
    const first = RunFolder.create(path, record);
    first.log(line(1));
    const { position } = first;
    first.log(line(2));
    first.close();
    const second = RunFolder.open(path);
    second.cutMetrics(position);
    second.log(line(3));
    second.close();
    expect(readFileSync(join(path, "metrics.jsonl"), "utf8")).toBe(text(1, 3));
  });

  it("drops a line that was cut off, also before the checkpoint", () => {
    const folder = RunFolder.create(path, record);
    folder.log(line(1));
    appendFileSync(join(path, "metrics.jsonl"), '{"kind":"step","st');
    folder.cutMetrics(1000);
    folder.close();
    expect(readFileSync(join(path, "metrics.jsonl"), "utf8")).toBe(text(1));
  });

  it("is no run where its config is missing or damaged, or of another program", () => {
    expect(() => readRecord(path, "test")).toThrow(`error: --resume ${path}: no run is there`);
    RunFolder.create(path, record).close();
    expect(() => readRecord(path, "other")).toThrow(
      new UsageError(`error: --resume ${path}: it is a run of "test", not of "other"`),
    );
    writeFileSync(join(path, "config.json"), '{"seed": ');
    expect(() => readRecord(path, "test")).toThrow(/^error: --resume .*config\.json is no JSON/);
    for (const text of ["[]", "null", '{"program":"test"}']) {
      writeFileSync(join(path, "config.json"), text);
      expect(() => readRecord(path, "test")).toThrow(/config\.json holds no program and config$/);
    }
  });
});
