import { Generator } from "@tsuki/core";
import { type Collated, collate, Loader } from "@tsuki/data";
import { inference, Linear, mseLoss } from "@tsuki/nn";
import { SGD, warmupCosine } from "@tsuki/optim";
import { startDashboard, writeReport } from "@tsuki/report";
import { Trainer } from "@tsuki/train";
import { type Program, say, seedOf } from "@tsuki/train/node";
import { leastSquares, makePoints, type Point } from "./data.ts";
import { type Options, schema } from "./options.ts";
import { distance, lineTable } from "./show.ts";

/** Finds the weights of a line from noisy points, and says how near they are to those of the closed form. */
export const linearRegression: Program<Options, Collated<Point>> = {
  name: "linear-regression",
  command: "npm run example -- linear-regression",
  about: "Finds w and b of y = w·x + b from noisy points.",
  schema,
  report: writeReport,
  dashboard: startDashboard,
  async make({ seed, features, points, noise, batch, steps, lr }, listen) {
    const { truth, training, heldOut } = await makePoints({ features, points, noise, seed: seedOf(seed, "samples") });
    const test = collate(heldOut);

    const generator = new Generator(seedOf(seed, "weights"));
    const model = new Linear({ inFeatures: features, outFeatures: 1, bias: true, generator });
    const trainer = new Trainer({
      model,
      optimizer: new SGD(model.namedParameters(), { lr }),
      schedule: warmupCosine({ peak: lr, warmupSteps: 0, totalSteps: steps }),
      batches: new Loader(training, { batch, seed: seedOf(seed, "data") }),
      batchTokens: batch,
      loss: ({ x, y }) => mseLoss(model.call(x), y),
      validate: async () => ({ loss: await inference(model, () => mseLoss(model.call(test.x), test.y)).item() }),
      listen,
    });

    return {
      trainer,
      modelConfig: { architectures: ["Linear"], inFeatures: features, outFeatures: 1, bias: true },
      description:
        `${points} points to train on and ${points} held out, of ${features} numbers each; noise of ${noise}.\n` +
        `The loss is the mean squared error: no line gets below ${(noise ** 2).toFixed(4)} but by chance.`,
      begin: async () => void (await trainer.validate("whole")),
      async finish() {
        const { loss } = await trainer.validate("whole");
        const { weight, bias } = await model.stateDict();
        const found = { weights: [...weight.data], bias: bias.data[0] };
        const closedForm = leastSquares(training);
        say(`\n${lineTable({ truth, found, "closed form": closedForm })}\n`);
        say(`  Found is within ${distance(found, closedForm).toFixed(4)} of the closed form,`);
        say(`  which is within ${distance(closedForm, truth).toFixed(4)} of the truth: that is what the noise costs.`);
        say(
          `  Mean squared error of held-out points: ${loss.toFixed(4)}, where the noise alone has ${(noise ** 2).toFixed(4)}.`,
        );
      },
    };
  },
};
