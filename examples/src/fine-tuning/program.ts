import { join } from "node:path";
import { Generator } from "@tsuki/core";
import { saveSafetensors } from "@tsuki/core/files";
import { type Collated, collate, Loader, type PackedRow } from "@tsuki/data";
import { applyLoRA, crossEntropy, inference, llamaConfigToHuggingFace, loraStateDict } from "@tsuki/nn";
import { AdamW, warmupCosine } from "@tsuki/optim";
import { startDashboard, writeReport } from "@tsuki/report";
import { Trainer } from "@tsuki/train";
import { count, type Program, say, seedOf, UsageError } from "@tsuki/train/node";
import { countNumbers } from "../parameters.ts";
import { answersTo, answerTable, conversations, countRight } from "./answers.ts";
import { loadBase } from "./base.ts";
import { answerShare, readDialogues, rowsOf } from "./dialogues.ts";
import { type Options, schema } from "./options.ts";

/** Rows of dialogues: ids, labels and documents, int32 [batch, length] each. */
type Rows = Collated<PackedRow>;

/** A base model learns to answer: its own weights are frozen, small adapters beside them are trained. */
export const fineTuning: Program<Options, Rows> = {
  name: "fine-tuning",
  command: "npm run example -- fine-tuning",
  about: "Teaches a language model to answer questions, with LoRA.",
  schema,
  report: writeReport,
  dashboard: startDashboard,
  async make({ base, messages, seed, batch, steps, lr, rank, alpha, answerLength }, listen) {
    const { training, heldOut } = await readDialogues(messages);
    if (base === null) throw new UsageError("error: --base names the model to adapt");
    const model = await loadBase(base);
    const length = model.config.maxPositionEmbeddings;
    const rows = rowsOf(training, length);
    if (batch > rows.length) throw new UsageError(`error: --batch ${batch}: the dialogues fill ${rows.length} rows`);
    const test = collate(rowsOf(heldOut, length));

    const before = await answersTo(model, heldOut, answerLength);
    const frozen = countNumbers(model.parameters());
    const generator = new Generator(seedOf(seed, "weights"));
    applyLoRA(model, { rank, alpha, targets: /proj$|lm_head$/, generator });
    const adapters = model.parameters().filter(({ requiresGrad }) => requiresGrad);
    const trainable = countNumbers(adapters);

    /** Of the answers alone: other labels are ignored. Dialogues of a row do not see each other. */
    const answerLoss = ({ ids, labels, documents }: Rows) =>
      crossEntropy(model.call(ids, { documents }).slice(1, 0, -1), labels.slice(1, 1));

    const trainer = new Trainer<Rows>({
      model,
      optimizer: new AdamW(model.namedParameters(), { lr, weightDecay: 0 }),
      schedule: warmupCosine({ peak: lr, warmupSteps: Math.floor(steps / 20), totalSteps: steps }),
      batches: new Loader(rows, { batch, seed: seedOf(seed, "data") }),
      batchTokens: batch * length,
      clip: 1,
      loss: answerLoss,
      async validate() {
        const loss = await inference(model, () => answerLoss(test)).item();
        const answers = await answersTo(model, heldOut, answerLength);
        trainer.sampled(conversations(heldOut, answers));
        const right = countRight(heldOut, answers) / heldOut.length;
        return { loss, metrics: { right } };
      },
      listen,
    });

    return {
      trainer,
      modelConfig: llamaConfigToHuggingFace(model.config),
      description: [
        `${training.length} dialogues to learn, ${heldOut.length} held out: the same facts, asked for in other words.`,
        `The loss counts the answers alone, ${Math.round(100 * answerShare(training))}% of the bytes.`,
        `The base model's ${count(frozen)} parameters are frozen; adapters of rank ${rank} have ` +
          `${count(trainable)} (${((100 * trainable) / frozen).toFixed(1)}%).`,
      ].join("\n"),
      begin: async () => void (await trainer.validate("whole")),
      async finish(_signal, folder) {
        await trainer.validate("whole");
        const after = await answersTo(model, heldOut, answerLength);
        say(`\n${answerTable(heldOut, before, after)}\n`);
        const right = countRight(heldOut, after);
        say(`  ${right} of ${heldOut.length} answers to held-out questions are right to the letter,`);
        say(`  ${countRight(heldOut, before)} were before.`);
        const file = join(folder, "adapters.safetensors");
        await saveSafetensors(file, await loraStateDict(model), {
          format: "pt",
          rank: String(rank),
          alpha: String(alpha),
        });
        say(`  The adapters alone: ${file}`);
      },
    };
  },
};
