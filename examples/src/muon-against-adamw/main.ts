/**
 * `npm run example -- muon-against-adamw`: the same small Moonlight twice, once with Muon and once with AdamW: the same
 * initial weights, the same text in the same order. Then a report with the curves of both.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Tensor } from "@tsuki/core";
import { toHuggingFace } from "@tsuki/moe";
import { readRun, writeReport } from "@tsuki/report";
import {
  type Invocation,
  type Program,
  parseCommandLine,
  readRecord,
  runProgram,
  say,
  UsageError,
} from "@tsuki/train/node";
import { dateAndTime, flagsOf } from "../flags.ts";
import { describeRun } from "../moonlight/report.ts";
import { readCorpus } from "../moonlight/text.ts";
import { makeTraining } from "../moonlight/training.ts";
import { windowsOf } from "../moonlight/windows.ts";
import { type OptimizerName, type Options, optimizers, optionsOf, schema } from "./options.ts";
import { describeResult } from "./result.ts";

const about = {
  name: "muon-against-adamw",
  command: "npm run example -- muon-against-adamw",
  about: "Trains the same small Moonlight with Muon and with AdamW.",
  schema,
};

try {
  await compare(parseCommandLine(process.argv.slice(2), { ...about, recorded }));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

/** Both runs, each in a folder of its own below that of the comparison; one that was there goes on. */
async function compare({ config, out, resume, stopAfter, report }: Invocation<Options>): Promise<void> {
  const folder = resume === null ? (out ?? join("runs", dateAndTime())) : folderOfBoth(resume);
  const folders = optimizers.map((optimizer) => join(folder, optimizer));
  for (const [index, optimizer] of optimizers.entries()) {
    const begun = resume !== null && existsSync(join(folders[index], "config.json"));
    const stop = stopAfter === null ? [] : ["--stop-after", String(stopAfter)];
    const { program, ended } = programOf(optimizer);
    await runProgram(program, [begun ? "--resume" : "--out", folders[index], ...flagsOf(config), ...stop]);
    if (!ended()) return;
    say();
  }
  const [muon, adamw] = await Promise.all(folders.map(readRun));
  say(describeResult(muon, adamw));
  if (report) say(`\nReport: ${await writeReport(folders, { out: join(folder, "report.html") })}`);
}

/** One of the two runs, and whether it got to its last step. */
function programOf(optimizer: OptimizerName): { program: Program<Options, Tensor>; ended: () => boolean } {
  let ended = false;
  const program: Program<Options, Tensor> = {
    ...about,
    make(config, listen) {
      const options = optionsOf(config, optimizer);
      const corpus = readCorpus();
      const { model, trainer } = makeTraining(options, corpus, windowsOf(corpus, options), listen);
      return {
        trainer,
        modelConfig: toHuggingFace(model.config),
        description: describeRun(options, model.config, corpus),
        begin: async () => void (await trainer.validate("part")),
        async finish() {
          await trainer.validate("part");
          await trainer.validate("whole");
          ended = true;
        },
      };
    },
  };
  return { program, ended: () => ended };
}

/** The folder of the comparison, where that of one of its runs may be given: a run that was stopped names its own. */
function folderOfBoth(folder: string): string {
  return existsSync(join(folder, "config.json")) ? dirname(folder) : folder;
}

/** What both were told: the first one keeps it. */
function recorded(folder: string): Options {
  const first = join(folderOfBoth(folder), optimizers[0]);
  return schema.from({ ...readRecord(first, about.name).config }, join(first, "config.json"));
}
