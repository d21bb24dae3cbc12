import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { complete, UsageError } from "./options.ts";
import { RunFolder, recordedOptions } from "./run-folder.ts";

const options = complete({ seed: 5 });
let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), "tsuki-run-")), "a", "run");
});
afterEach(() => rmSync(join(path, "..", ".."), { recursive: true }));

const line = (step: number) => ({ step, validationLoss: 1, validation: "part", seconds: 2 }) as const;
const text = (...steps: number[]): string => steps.map((step) => `${JSON.stringify(line(step))}\n`).join("");

describe("the folder of a run", () => {
  it("has its options", () => {
    RunFolder.create(path, options).close();
    expect(recordedOptions(path)).toEqual(options);
  });

  it("is not taken twice", () => {
    RunFolder.create(path, options).close();
    expect(() => RunFolder.create(path, options)).toThrow(
      `error: --out ${path} holds a run already; --resume ${path} goes on with it`,
    );
  });

  it("takes no folder that holds something else, and no path that cannot be written", () => {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "metrics.jsonl"), "mine");
    expect(() => RunFolder.create(path, options)).toThrow(new UsageError(`error: --out ${path} is not empty`));
    expect(readFileSync(join(path, "metrics.jsonl"), "utf8")).toBe("mine");
    expect(() => RunFolder.create(join(path, "metrics.jsonl"), options)).toThrow(
      /^error: --out ".*" cannot be written/,
    );
    expect(() => RunFolder.create("", options)).toThrow(/^error: --out "" cannot be written/);
  });

  it("is trained in by one process; what a killed one left does not count", () => {
    const first = RunFolder.create(path, options);
    first.close();
    writeFileSync(join(path, "lock"), String(process.ppid));
    expect(() => RunFolder.open(path)).toThrow(`error: process ${process.ppid} is training in this folder`);
    writeFileSync(join(path, "lock"), String(2 ** 30));
    RunFolder.open(path).close();
    expect(existsSync(join(path, "lock"))).toBe(false);
  });

  it("forgets what was logged after a checkpoint, and goes on", () => {
    const first = RunFolder.create(path, options);
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
    const folder = RunFolder.create(path, options);
    folder.log(line(1));
    appendFileSync(join(path, "metrics.jsonl"), '{"step":2,"va');
    folder.cutMetrics(1000);
    folder.close();
    expect(readFileSync(join(path, "metrics.jsonl"), "utf8")).toBe(text(1));
  });

  it("is no run where its config is missing or damaged", () => {
    expect(() => recordedOptions(path)).toThrow(`error: --resume ${path}: no run is there`);
    RunFolder.create(path, options).close();
    writeFileSync(join(path, "config.json"), '{"seed": ');
    expect(() => recordedOptions(path)).toThrow(/^error: --resume .*config\.json is no JSON/);
    writeFileSync(join(path, "config.json"), "[]");
    expect(() => recordedOptions(path)).toThrow(/^error: .*config\.json: "seed" is missing$/);
  });
});
