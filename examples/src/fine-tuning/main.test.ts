import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSafetensors } from "@tsuki/core/files";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { made, Program, runExample } from "../../test/program.ts";

const runs = mkdtempSync(join(tmpdir(), "tsuki-fine-tuning-"));
afterAll(() => rmSync(runs, { recursive: true }));

const base = join(runs, "base");
const small = "--steps 4 --batch 4 --rank 2 --seed 3 --threads 1 --eval-every 2 --answer-length 4".split(" ");

describe.concurrent("fine-tuning", () => {
  beforeAll(async () => {
    const model = "--hidden 16 --heads 2 --layers 1 --batch 4 --sequence 96 --steps 2 --threads 1".split(" ");
    await runExample(
      "characters",
      ...model,
      "--sample-length",
      "4",
      "--eval-batches",
      "1",
      "--stop-after",
      "1",
      "--out",
      base,
      "--no-report",
    );
  });

  it("trains adapters alone, stopped or not", async () => {
    const [straight, stopped] = [join(runs, "straight"), join(runs, "stopped")];
    const { output } = await runExample("fine-tuning", "--base", base, ...small, "--out", straight, "--no-report");
    expect(output).toMatch(/^ +question +before +after/m);
    expect(output).toMatch(/^ +\d+ of 32 answers to held-out questions are right to the letter,/m);
    const { optimizer, metrics } = await made(straight);
    expect(Object.keys(optimizer).filter((name) => !/lora_[ab]\.exp_avg(_sq)?$/i.test(name))).toEqual([]);
    expect(metrics.at(-1)).toMatchObject({ kind: "validation", metrics: { right: expect.any(Number) } });

    const { tensors, metadata } = await loadSafetensors(join(straight, "adapters.safetensors"));
    expect(metadata).toMatchObject({ rank: "2", alpha: "16" });
    expect(Object.keys(tensors).sort()).toContain("lm_head.lora_b");
    const size = Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0);
    expect(output).toContain(`adapters of rank 2 have ${size.toLocaleString("en-US")} `);

    await runExample("fine-tuning", "--base", base, ...small, "--out", stopped, "--stop-after", "3", "--no-report");
    await runExample("fine-tuning", "--resume", stopped, "--no-report");
    expect(await made(stopped)).toEqual(await made(straight));
  });

  it.each([
    [["--base", join(runs, "none")], /^error: --base .*none: .* holds no run.*\n$/],
    [["--base", base, "--messages", join(runs, "none")], /^error: --messages: ENOENT.*none.*\n$/],
    [["--base", base, "--batch", "1000"], /^error: --batch 1000: the dialogues fill \d+ rows\n$/],
    [["--rank", "0"], /^error: option '--rank <n>' argument '0' is invalid\. It is a whole number ≥ 1\.\n$/],
  ])("%j is refused in one line", async (args, message) => {
    const program = new Program(args, { example: "fine-tuning" });
    expect(await program.ended).toBe(2);
    expect(program.errors).toMatch(message);
  });
});
