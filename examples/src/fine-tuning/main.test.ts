import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setDefaultDevice } from "@tsuki/core";
import { loadSafetensors } from "@tsuki/core/files";
import { UsageError } from "@tsuki/train/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { made, runExample } from "../../test/program.ts";
import { expectExactResume } from "../../test/resume.ts";
import { loadBase } from "./base.ts";
import { schema } from "./options.ts";
import { fineTuning } from "./program.ts";

const runs = mkdtempSync(join(tmpdir(), "tsuki-fine-tuning-"));
afterAll(() => rmSync(runs, { recursive: true }));

const base = join(runs, "base");

describe("fine-tuning", () => {
  beforeAll(async () => {
    const model = "--hidden 16 --heads 2 --layers 1 --batch 4 --sequence 96 --steps 2 --stop-after 1 --threads 1";
    const quiet = "--sample-length 1 --eval-batches 1 --no-report";
    await runExample("characters", ...`${model} ${quiet}`.split(" "), "--out", base);
  });

  it("trains adapters alone, and saves them apart", async () => {
    const folder = join(runs, "run");
    const small = "--steps 2 --batch 4 --rank 2 --seed 3 --threads 1 --answer-length 4 --no-report".split(" ");
    const { output } = await runExample("fine-tuning", "--base", base, ...small, "--out", folder);
    expect(output).toMatch(/^ +question +before +after/m);
    expect(output).toMatch(/^ +\d+ of 32 answers to held-out questions are right to the letter,/m);
    const { optimizer, metrics } = await made(folder);
    expect(Object.keys(optimizer).filter((name) => !/lora_[ab]\.exp_avg(_sq)?$/i.test(name))).toEqual([]);
    expect(metrics.findLast(({ kind }) => kind === "validation")).toMatchObject({
      metrics: { right: expect.any(Number) },
    });

    const { tensors, metadata } = await loadSafetensors(join(folder, "adapters.safetensors"));
    expect(metadata).toMatchObject({ rank: "2", alpha: "16" });
    expect(Object.keys(tensors)).toContain("lm_head.lora_b");
    const size = Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0);
    expect(output).toContain(`adapters of rank 2 have ${size.toLocaleString("en-US")} `);
  });

  it("goes on bit for bit", async () => {
    setDefaultDevice("wasm", { threads: 1 });
    await expectExactResume(fineTuning, schema.complete({ base, batch: 4, rank: 2, answerLength: 2 }));
  });

  it("refuses what is no base, and more rows than there are", async () => {
    await expect(loadBase(join(runs, "none"))).rejects.toThrow(UsageError);
    await expect(loadBase(join(runs, "none"))).rejects.toThrow(/^error: --base .*none: .* holds no run/);
    await expect(fineTuning.make(schema.complete({ base, batch: 1000 }), () => {})).rejects.toThrow(
      /^error: --batch 1000: the dialogues fill \d+ rows$/,
    );
  });
});
