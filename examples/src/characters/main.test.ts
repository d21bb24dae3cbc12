import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setDefaultDevice } from "@tsuki/core";
import { UsageError } from "@tsuki/train/node";
import { afterAll, describe, expect, it } from "vitest";
import { made, runExample } from "../../test/program.ts";
import { expectExactResume } from "../../test/resume.ts";
import { schema } from "./options.ts";
import { characters } from "./program.ts";

const runs = mkdtempSync(join(tmpdir(), "tsuki-characters-"));
afterAll(() => rmSync(runs, { recursive: true }));

const text = join(runs, "text.txt");
writeFileSync(text, "the sea, the ship, the whale. ".repeat(100));

describe("characters", () => {
  it("learns a text and writes what it has learned", async () => {
    const folder = join(runs, "run");
    const { output } = await runExample(
      "characters",
      ...["--text", text, "--prompt", "the ", "--out", folder, "--no-report"],
      ..."--hidden 16 --heads 2 --layers 1 --batch 4 --sequence 32 --steps 60 --seed 5 --threads 1".split(" "),
      ..."--eval-every 20 --eval-batches 1 --sample-length 20 --temperature 0.1".split(" "),
    );
    expect(output).toMatch(/^ +step {2}what it wrote\n +0 {2}the .*\n +20 {2}the .*\n +40 {2}the .*\n +60 {2}the .*/m);
    const bits = (name: string): number => Number(new RegExp(`^ +${name} +(\\d+\\.\\d{3})$`, "m").exec(output)?.[1]);
    expect(bits("this model")).toBeLessThan(bits("the character before"));
    expect(bits("the character before")).toBeLessThan(bits("frequencies alone"));
    const { metrics } = await made(folder);
    expect(metrics.filter(({ kind }) => kind === "sample").map(({ step }) => step)).toEqual([0, 20, 40, 60]);
  });

  it("goes on bit for bit, its samples too", async () => {
    setDefaultDevice("wasm", { threads: 1 });
    const tiny = { hidden: 16, heads: 2, layers: 1, batch: 4, sequence: 32, evalBatches: 1, sampleLength: 8 };
    await expectExactResume(characters, schema.complete({ text, ...tiny }));
  });

  it("refuses what does not fit", () => {
    expect(() => schema.complete({ hidden: 20, heads: 4 })).toThrow("--hidden 20 is no even multiple of --heads 4");
    const config = schema.complete({ text, batch: 100 });
    expect(() => characters.make(config, () => {})).toThrow(UsageError);
    expect(() => characters.make(config, () => {})).toThrow(/^error: --batch 100 of --sequence 128: 2700 tokens have/);
  });
});
