import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { made, Program, runExample } from "../../test/program.ts";

const runs = mkdtempSync(join(tmpdir(), "tsuki-characters-"));
afterAll(() => rmSync(runs, { recursive: true }));

const text = join(runs, "text.txt");
writeFileSync(text, "the sea, the ship, the whale. ".repeat(100));
const small = [
  ...["--text", text, "--prompt", "the "],
  ..."--hidden 16 --heads 2 --layers 1 --batch 4 --sequence 32 --steps 60 --seed 5 --threads 1".split(" "),
  ..."--eval-every 20 --eval-batches 1 --checkpoint-every 25 --sample-length 20 --temperature 0.1".split(" "),
];

describe.concurrent("characters", () => {
  it("learns a text and writes what it has learned, stopped or not", async () => {
    const [straight, stopped] = [join(runs, "straight"), join(runs, "stopped")];
    const { output } = await runExample("characters", ...small, "--out", straight, "--no-report");
    expect(output).toMatch(/^ +step {2}what it wrote\n +0 {2}the .*\n +20 {2}the .*\n +40 {2}the .*\n +60 {2}the .*/m);
    const bits = (name: string): number => Number(new RegExp(`^ +${name} +(\\d+\\.\\d{3})$`, "m").exec(output)?.[1]);
    expect(bits("this model")).toBeLessThan(bits("the character before"));
    expect(bits("the character before")).toBeLessThan(bits("frequencies alone"));
    const { metrics } = await made(straight);
    expect(metrics.filter(({ kind }) => kind === "sample").map(({ step }) => step)).toEqual([0, 20, 40, 60]);

    await runExample("characters", ...small, "--out", stopped, "--stop-after", "33", "--no-report");
    await runExample("characters", "--resume", stopped, "--no-report");
    expect(await made(stopped)).toEqual(await made(straight));
  });

  it.each([
    [["--text", join(runs, "none")], /^error: --text .*none: ENOENT.*\n$/],
    [["--text", text, "--batch", "100"], /^error: --batch 100 of --sequence 128: 2700 tokens have 2\d windows.*\n$/],
    [["--hidden", "20", "--heads", "4"], /^error: --hidden 20 is no even multiple of --heads 4\n$/],
  ])("%j is refused in one line", async (args, message) => {
    const program = new Program(args, { example: "characters" });
    expect(await program.ended).toBe(2);
    expect(program.errors).toMatch(message);
  });
});
