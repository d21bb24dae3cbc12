/**
 * `npm run example -- muon-against-adamw`: the same small Moonlight twice, once with Muon and once with AdamW: the same
 * initial weights, the same text in the same order. Then a report with the curves of both.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Tensor } from "@tsuki/core";
import { toHuggingFace } from "@tsuki/moe";
import { readRun, writeReport } from "@tsuki/report";
import { newRunPath, type Program, parseCommandLine, recordedConfig, runProgram, say } from "@tsuki/train/node";
import { flagsOf } from "../flags.ts";
import { describeRun } from "../moonlight/report.ts";
import { readCorpus } from "../moonlight/text.ts";
import { makeTraining } from "../moonlight/training.ts";
import { windowsOf } from "../moonlight/windows.ts";
import { runExample } from "../several-runs.ts";
import { type OptimizerName, type Options, optimizers, optionsOf, schema } from "./options.ts";
import { describeResult } from "./result.ts";

const about = {
  name: "muon-against-adamw",
  command: "npm run example -- muon-against-adamw",
  about: "Trains the same small Moonlight with Muon and with AdamW.",
  schema,
};

/** Each run has a folder of its own below that of the comparison; one that was begun goes on. */
await runExample(async () => {
  const invocation = parseCommandLine(process.argv.slice(2), { ...about, recorded });
  const { config, out, resume, stopAfter } = invocation;
  const folder = resume === null ? (out ?? newRunPath()) : folderOfBoth(resume);
  const folders = optimizers.map((optimizer) => join(folder, optimizer));
  const stop = stopAfter === null ? [] : ["--stop-after", String(stopAfter)];
  const csv = invocation.csv ? ["--csv"] : [];
  for (const [index, optimizer] of optimizers.entries()) {
    const begun = resume !== null && existsSync(join(folders[index], "config.json"));
    const place = [begun ? "--resume" : "--out", folders[index]];
    if (!(await runProgram(programOf(optimizer), [...place, ...flagsOf(config), ...stop, ...csv]))) return;
    say();
  }
  const [muon, adamw] = await Promise.all(folders.map(readRun));
  say(describeResult(muon, adamw));
  if (invocation.report) say(`\nReport: ${await writeReport(folders, { out: join(folder, "report.html") })}`);
});

/** One of the two runs. */
function programOf(optimizer: OptimizerName): Program<Options, Tensor> {
  return {
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
        },
      };
    },
  };
}

/** The folder of the comparison, where that of one of its runs may be given: a run that was stopped names its own. */
function folderOfBoth(folder: string): string {
  return existsSync(join(folder, "config.json")) ? dirname(folder) : folder;
}

/** What both were told: the first one keeps it. */
function recorded(folder: string): Options {
  return recordedConfig(about, join(folderOfBoth(folder), optimizers[0]));
}
