/** `npm start`: trains a small Moonlight with Muon on the text of Moby-Dick. `npm start -- --help` lists the flags. */
import { stats } from "@tsuki/core";
import { toHuggingFace } from "@tsuki/moe";
import { startDashboard, writeReport } from "@tsuki/report";
import { runProgram, say } from "@tsuki/train/node";
import { entropies } from "./entropy.ts";
import { schema } from "./options.ts";
import { describeDevice, describeResult, describeRun, quote } from "./report.ts";
import { readCorpus } from "./text.ts";
import { makeTraining } from "./training.ts";
import { windowsOf } from "./windows.ts";

await runProgram(
  {
    name: "moonlight",
    command: "npm start --",
    about: "Trains a small Moonlight on the text of Moby-Dick, byte by byte.",
    schema,
    report: writeReport,
    dashboard: startDashboard,
    make(options, listen) {
      const corpus = readCorpus();
      const { model, groups, trainer, sample } = makeTraining(options, corpus, windowsOf(corpus, options), listen);
      const show = async (title: string, signal: AbortSignal): Promise<void> => {
        if (options.sampleLength > 0 && !signal.aborted) say(`${title}:\n${quote(await sample(signal))}\n`);
      };
      return {
        trainer,
        modelConfig: toHuggingFace(model.config),
        description: `${describeRun(options, model.config, corpus)}\n\n${groups.table()}`,
        async begin(signal) {
          await show("Before training", signal);
          await trainer.validate("part");
        },
        async finish(signal) {
          // The last point of the curve; the whole text is another measure.
          await trainer.validate("part");
          const { loss } = await trainer.validate("whole");
          say();
          await show("After training", signal);
          say(`${describeResult(loss, entropies(corpus.validation), trainer.tokens, trainer.seconds)}\n`);
          say(describeDevice(stats()));
        },
      };
    },
  },
  process.argv.slice(2),
);
