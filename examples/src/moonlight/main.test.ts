import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { made, Program, tiny, train } from "../../test/program.ts";
import { entropies } from "./entropy.ts";
import { readCorpus } from "./text.ts";

const runs = mkdtempSync(join(tmpdir(), "tsuki-train-"));
afterAll(() => rmSync(runs, { recursive: true }));

const model = ["--hidden", "16", "--heads", "2", "--layers", "2", "--experts", "4"];
const small = [...tiny, ..."--eval-every 2 --eval-batches 2 --checkpoint-every 2 --log-every 1".split(" ")];

describe.concurrent("a run that is stopped goes on bit for bit", () => {
  const straight = join(runs, "straight");
  beforeAll(() => train(...small, "--out", straight, "--stop-after", "6").then(() => {}));

  it("its steps are logged, and its state is in the last checkpoint", async () => {
    const { newest, metrics, position } = await made(straight);
    expect(newest).toBe("step-000006");
    expect(metrics.map(({ kind, step }) => (kind === "step" ? step : `${kind} ${step}`))).toEqual([
      "validation 0",
      1,
      "experts 1",
      2,
      "validation 2",
      3,
      4,
      "validation 4",
      5,
      6,
      "validation 6",
    ]);
    expect(metrics[1]).toMatchObject({ lr: 0 });
    expect(position).toMatchObject({ step: 6, batches: { taken: 12 } });
    expect(new Set(Object.values(position.optimizerSteps))).toEqual(new Set([6]));
  });

  it("after a step that was given, with another number of threads", async () => {
    const folder = join(runs, "given");
    await train(...small, "--out", folder, "--stop-after", "3");
    expect((await made(folder)).newest).toBe("step-000003");
    const { output } = await train("--resume", folder, "--stop-after", "6", "--threads", "2");
    expect(output).toContain("Going on after step 3.");
    expect(await made(folder)).toEqual(await made(straight));
  });

  it("by Ctrl-C before the first step, by Ctrl-C later, and killed while it writes a checkpoint", async () => {
    const folder = join(runs, "stopped");
    const first = new Program([...small, "--out", folder]);
    await first.says(/^optimizer/m);
    first.kill("SIGINT");
    expect(await first.ended).toBe(0);
    expect(first.output).toContain(`Stopped after step 0. To go on: npm start -- --resume ${folder}`);

    const second = new Program(["--resume", folder, "--stop-after", "6"]);
    await second.says(/^ +step +done/m);
    second.kill("SIGINT");
    expect(await second.ended).toBe(0);
    expect(second.output).toMatch(/^Stopped after step [1-5]\./m);

    const third = new Program(["--resume", folder, "--stop-after", "6", "--checkpoint-every", "1"]);
    // The temporary folder of a checkpoint; where it is missed, the next step will do.
    const moment = /^\.step-.*\.tmp$|^step-000003$/;
    while (!readdirSync(join(folder, "checkpoints")).some((name) => moment.test(name))) await setTimeout(1);
    third.kill("SIGKILL");
    expect(await third.ended).toBe("SIGKILL");

    await train("--resume", folder, "--stop-after", "6");
    expect(await made(folder)).toEqual(await made(straight));
  });

  it.skipIf(process.platform === "win32")(
    "after a disk was full, which is said with the file; the old checkpoint stays",
    async () => {
      const folder = join(runs, "full");
      await train(...small, "--out", folder, "--stop-after", "2");
      const before = await made(folder);
      // No file may be longer than 50 kB: neither that of the weights nor that of the optimizer's state fits.
      const full = new Program(["--resume", folder, "--stop-after", "4"], { limit: "ulimit -f 100" });
      expect(await full.ended).toBe(1);
      expect(full.errors).toMatch(/tsuki: EFBIG: file too large, write, writing '.*step-000004.*safetensors/);
      expect(readdirSync(join(folder, "checkpoints"))).toEqual([before.newest]);
      await train("--resume", folder, "--stop-after", "6");
      expect(await made(folder)).toEqual(await made(straight));
    },
  );
});

describe.concurrent("npm start", () => {
  it("trains to the end: samples, the loss beside the entropies of the text, and where it all is", async () => {
    const folder = join(runs, "whole");
    const { output } = await train(...model, "--steps", "2", "--sample-length", "4", "--out", folder);
    expect(output).toMatch(/^Before training:\n {2}│ The white whale /m);
    expect(output).toMatch(/^After training:\n {2}│ The white whale /m);
    const { unigram, bigram } = entropies(readCorpus().validation);
    expect(output).toContain(`unigram entropy  ${unigram.toFixed(4)}`);
    expect(output).toContain(`bigram entropy   ${bigram.toFixed(4)}`);
    const { metrics, newest } = await made(folder);
    expect(newest).toBe("step-000002");
    expect(metrics.at(-1)).toMatchObject({ kind: "sample", step: 2 });
    const validations = metrics.filter((event) => event.kind === "validation");
    expect(validations.at(-1)).toMatchObject({ step: 2, part: "whole" });
    expect(output).toContain(`this model       ${validations[validations.length - 1].loss.toFixed(4)}`);
    expect(validations[validations.length - 1].loss).toBeLessThan(validations[0].loss);
    expect(metrics.find(({ kind }) => kind === "step")).toMatchObject({
      updateRms: { muon: expect.closeTo(0.2, 1), adamw: expect.closeTo(1, 0) },
    });
    for (const file of ["config.json", "report.html"]) expect(existsSync(join(folder, file)), file).toBe(true);
    expect(output).toContain(`Report: ${join(folder, "report.html")}`);
  });

  it("the reference device and AdamW", async () => {
    const folder = join(runs, "reference");
    const args = "--optimizer adamw --device reference --stop-after 1".split(" ");
    const { output } = await train(...small, "--out", folder, ...args);
    expect(output).toMatch(/^adamw +27 parameters/m);
    expect(output).not.toMatch(/^muon/m);
    const { optimizer } = await made(folder);
    expect(Object.keys(optimizer).filter((name) => !/\.exp_avg(_sq)?$/.test(name))).toEqual([]);
  });

  it("stops, and keeps what it made, when nobody reads its output any more", async () => {
    const folder = join(runs, "unread");
    const program = new Program([...small, "--out", folder]);
    await program.says(/^ +step +done/m);
    program.unread();
    expect(await program.ended).toBe(0);
    expect(program.errors).toContain("the output cannot be written (EPIPE)");
    expect((await made(folder)).newest).toMatch(/^step-/);
  });

  it("ends at once at the second Ctrl-C", async () => {
    const program = new Program([...small, "--out", join(runs, "twice")]);
    await program.says(/^ +step +done/m);
    program.kill("SIGINT");
    await program.says(/stopping after this step; once more to stop at once/);
    program.kill("SIGINT");
    expect(await program.ended).toBe(130);
  });

  it("answers a wrong flag in one line, exit code 2", async () => {
    const program = new Program(["--top-k", "9", "--experts", "8"]);
    expect(await program.ended).toBe(2);
    expect(program.errors).toBe("error: --top-k 9 exceeds --experts 8\n");
    expect(program.output).toBe("");
  });

  it("lists the flags", async () => {
    const { output } = await train("--help");
    for (const flag of ["--out <dir>", "--resume <dir>", "--steps <n>", "--optimizer <name>", "--top-k <n>"]) {
      expect(output).toContain(flag);
    }
    expect(output).toContain("(default: 300)");
  });
});
