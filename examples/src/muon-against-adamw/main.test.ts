import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StepEvent, ValidationEvent } from "@tsuki/train";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { made, Program, runExample } from "../../test/program.ts";

const runs = mkdtempSync(join(tmpdir(), "tsuki-optimizers-"));
afterAll(() => rmSync(runs, { recursive: true }));

const example = "muon-against-adamw";
const small = [
  ..."--hidden 16 --heads 2 --layers 2 --experts 4 --batch 16 --sequence 64 --seed 9 --threads 1".split(" "),
  ..."--steps 4 --muon-lr 0.01 --adamw-lr 0.02 --eval-every 2 --eval-batches 1 --log-every 1".split(" "),
];

const whole = join(runs, "whole");

describe("Muon against AdamW", () => {
  let output = "";
  beforeAll(async () => {
    output = (await runExample(example, ...small, "--out", whole)).output;
  });

  it("trains both from the same weights on the same text, and compares them in one report", async () => {
    const [muon, adamw] = [await made(join(whole, "muon")), await made(join(whole, "adamw"))];
    expect(muon.metrics[0]).toEqual(adamw.metrics[0]);
    const [first, other] = [muon.metrics[1], adamw.metrics[1]];
    expect(first).toMatchObject({ kind: "step", lr: 0.01 });
    expect(other).toMatchObject({ kind: "step", lr: 0.02, loss: (first as StepEvent).loss });
    expect(muon.weights).not.toEqual(adamw.weights);
    expect(muon.position.batches).toEqual(adamw.position.batches);
    expect(Object.keys(muon.optimizer).some((name) => name.endsWith(".momentum_buffer"))).toBe(true);
    expect(Object.keys(adamw.optimizer).some((name) => name.endsWith(".momentum_buffer"))).toBe(false);
    for (const [name, { metrics }] of Object.entries({ muon, adamw })) {
      const last = metrics.at(-1);
      expect(last).toMatchObject({ kind: "validation", part: "whole", step: 4 });
      expect(output).toMatch(new RegExp(`^ +${name} +${(last as ValidationEvent).loss.toFixed(4)} `, "m"));
    }
    expect(output).toMatch(/^ {2}(Muon|AdamW) is where (Muon|AdamW) ends after [1-4] of 4 steps/m);
    expect(output).toContain(`Report: ${join(whole, "report.html")}`);
    expect(readFileSync(join(whole, "report.html"), "utf8")).toContain("<title>2 runs");
  });

  it("goes on with the run that was stopped, whose folder may be given, and then with the other", async () => {
    const stopped = join(runs, "stopped");
    const first = await runExample(example, ...small, "--out", stopped, "--stop-after", "3");
    const again = `To go on: npm run example -- ${example} --resume ${join(stopped, "muon")}`;
    expect(first.output).toContain(`Stopped after step 3. ${again}`);
    expect(existsSync(join(stopped, "adamw"))).toBe(false);
    const second = await runExample(example, "--resume", join(stopped, "muon"), "--no-report");
    expect(second.output).toContain("Going on after step 3.");
    expect(existsSync(join(stopped, "report.html"))).toBe(false);
    for (const name of ["muon", "adamw"]) {
      expect(await made(join(stopped, name)), name).toEqual(await made(join(whole, name)));
    }
  });

  it("a run that is not there is one line", async () => {
    const program = new Program(["--resume", join(runs, "none")], { example });
    expect(await program.ended).toBe(2);
    expect(program.errors).toMatch(/^error: --resume .*none.muon: no run is there .*\n$/);
  });
});
