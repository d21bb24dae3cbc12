import { Generator, relu, type Tensor } from "@tsuki/core";
import { type Collated, collate, Loader } from "@tsuki/data";
import { crossEntropy, inference, Linear, Sequential } from "@tsuki/nn";
import { AdamW, warmupCosine } from "@tsuki/optim";
import { startDashboard, writeReport } from "@tsuki/report";
import { Trainer } from "@tsuki/train";
import { count, type Program, say, seedOf, UsageError } from "@tsuki/train/node";
import { countNumbers } from "../parameters.ts";
import { type Digit, readDigits, ShiftedDigits, side } from "./data.ts";
import { type Options, schema } from "./options.ts";
import { describeReading } from "./show.ts";

const pixelCount = side * side;

/** A network of two layers learns to read handwritten digits. */
export const digits: Program<Options, Collated<Digit>> = {
  name: "digits",
  command: "npm run example -- digits",
  about: "Learns to read handwritten digits.",
  schema,
  report: writeReport,
  dashboard: startDashboard,
  make({ seed, batch, steps, hidden, lr, weightDecay, shift }, listen) {
    const { training, heldOut } = readDigits();
    if (batch > training.length) throw new UsageError(`error: --batch ${batch}: there are ${training.length} digits`);
    const test = collate(heldOut);

    const generator = new Generator(seedOf(seed, "weights"));
    const model = new Sequential(
      new Linear({ inFeatures: pixelCount, outFeatures: hidden, bias: true, generator }),
      relu,
      new Linear({ inFeatures: hidden, outFeatures: 10, bias: true, generator }),
    );
    const parameters = countNumbers(model.parameters());

    const trainer = new Trainer({
      model,
      optimizer: new AdamW(model.namedParameters(), { lr, weightDecay }),
      schedule: warmupCosine({ peak: lr, warmupSteps: Math.floor(steps / 20), totalSteps: steps }),
      batches: new Loader(new ShiftedDigits(training, shift), { batch, seed: seedOf(seed, "data") }),
      batchTokens: batch,
      loss({ pixels, label }) {
        const logits = model.call(pixels);
        return { loss: crossEntropy(logits, label), metrics: { accuracy: accuracyOf(logits, label) } };
      },
      async validate() {
        // Kept, so that the model runs once for both.
        const logits = inference(model, () => model.call(test.pixels)).keep();
        const accuracy = await accuracyOf(logits, test.label).item();
        const loss = await crossEntropy(logits, test.label).item();
        return { loss, metrics: { accuracy } };
      },
      listen,
    });

    return {
      trainer,
      modelConfig: { architectures: ["Sequential"], layers: [pixelCount, hidden, 10] },
      description:
        `${count(training.length)} digits to train on, ${count(heldOut.length)} held out, ${side} × ${side} pixels each.\n` +
        `A network ${pixelCount} → ${hidden} → 10 with ${count(parameters)} parameters.`,
      begin: async () => void (await trainer.validate("whole")),
      async finish() {
        await trainer.validate("whole");
        const probabilities = inference(model, () => model.call(test.pixels).softmax({ axis: -1 })).keep();
        const certainty = await probabilities.max({ axis: -1 }).data();
        const read = await probabilities.argmax({ axis: -1 }).data();
        say(`\n${describeReading(heldOut, read, certainty)}`);
      },
    };
  },
};

/** The share of the digits that the model finds most probable. */
function accuracyOf(logits: Tensor, labels: Tensor): Tensor {
  return logits.argmax({ axis: -1 }).eq(labels).cast("float32").mean();
}
