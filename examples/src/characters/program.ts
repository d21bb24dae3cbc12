import { Generator, type Tensor } from "@tsuki/core";
import { validationLoss } from "@tsuki/data";
import { crossEntropy, llamaConfigToHuggingFace } from "@tsuki/nn";
import { MuonWithAdamW, moonlightGroups, warmupCosine } from "@tsuki/optim";
import { startDashboard, writeReport } from "@tsuki/report";
import { Trainer } from "@tsuki/train";
import { count, type Program, say, seedOf } from "@tsuki/train/node";
import { entropies } from "../moonlight/entropy.ts";
import { sampleText } from "../moonlight/sampling.ts";
import { windowsOf } from "../moonlight/windows.ts";
import { countNumbers } from "../parameters.ts";
import { makeModel } from "./model.ts";
import { type Options, schema } from "./options.ts";
import { bitsPerCharacter, describeBits, oneLine } from "./show.ts";
import { readText } from "./text.ts";

/** A small language model learns a text, byte by byte, and writes what it has learned on the way. */
export const characters: Program<Options, Tensor> = {
  name: "characters",
  command: "npm run example -- characters",
  about: "Learns a text, character by character.",
  schema,
  report: writeReport,
  dashboard: startDashboard,
  make(options, listen) {
    const { seed, batch, sequence, steps, lr, weightDecay, evalBatches, text } = options;
    const corpus = readText(text);
    const model = makeModel(options);
    const sampler = new Generator(seedOf(seed, "samples"));
    const samples: string[] = [];

    /** Writes something; the report shows all of it, the terminal a line of each at the end. */
    const sample = async (): Promise<void> => {
      const written = await sampleText(model, sampler, options, new AbortController().signal);
      trainer.sampled(written);
      samples.push(`${String(trainer.step).padStart(7)}  ${oneLine(written)}`);
    };

    const trainer = new Trainer<Tensor>({
      model,
      // Muon for the matrices between embedding and head, AdamW for the rest.
      optimizer: new MuonWithAdamW(moonlightGroups(model.namedParameters()), { lr, weightDecay }),
      schedule: warmupCosine({ peak: lr, warmupSteps: Math.floor(steps / 20), totalSteps: steps, final: lr / 10 }),
      batches: windowsOf(corpus, options),
      batchTokens: batch * sequence,
      clip: 1,
      // Each byte from those before it.
      loss: (ids) => crossEntropy(model.call(ids).slice(1, 0, -1), ids.slice(1, 1)),
      async validate(part) {
        const batches = part === "part" ? evalBatches : undefined;
        const loss = await validationLoss(model, corpus.validation, { batch, length: sequence, batches });
        if (part === "part") await sample();
        return { loss };
      },
      state: { sampler },
      listen,
    });

    return {
      trainer,
      modelConfig: llamaConfigToHuggingFace(model.config),
      description:
        `${count(corpus.training.length)} bytes to train on, ${count(corpus.validation.length)} held out.\n` +
        `A decoder with ${options.layers} layers of width ${options.hidden}: ${count(countNumbers(model.parameters()))} parameters.`,
      begin: async () => void (await trainer.validate("part")),
      async finish() {
        await trainer.validate("part");
        const { loss } = await trainer.validate("whole");
        say(`\n   step  what it wrote\n${samples.join("\n")}\n`);
        const { unigram, bigram } = entropies(corpus.validation);
        say(
          describeBits({
            "frequencies alone": bitsPerCharacter(unigram, corpus.validation),
            "the character before": bitsPerCharacter(bigram, corpus.validation),
            "this model": bitsPerCharacter(loss, corpus.validation),
          }),
        );
      },
    };
  },
};
