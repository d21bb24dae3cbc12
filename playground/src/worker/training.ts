import { Generator, type Tensor } from "@tsuki/core";
import { decodeBytes, encodeBytes, Loader, printable, TokenWindows, validationLoss } from "@tsuki/data";
import { countParameters, languageModelLoss, Moonlight } from "@tsuki/moe";
import { generate } from "@tsuki/nn";
import { MuonWithAdamW, moonlightGroups, parameterGroups, warmupInverseSqrt } from "@tsuki/optim";
import { type RunEvent, Trainer } from "@tsuki/train";
import { heldOut, type Settings, sizes } from "../settings.ts";
import { configOf } from "./config.ts";

const warmupSteps = 60;
/** Ten times that of long trainings, so that a few hundred steps suffice to balance the experts. */
const biasRate = 1e-2;
const validationBatches = 4;
const sampleBytes = 160;
const temperature = 0.8;

/** A training of a small Moonlight on the bytes of a text. */
export interface TextTraining {
  readonly trainer: Trainer<Tensor>;
  /** All that it has told; checkpoints hold it, and the settings. */
  readonly events: readonly RunEvent[];
  readonly parameters: number;
  readonly activated: number;
  /** Tells how the model goes on with the prompt. */
  sample(): Promise<void>;
}

/** @param text Long enough for the size. */
export function makeTraining(settings: Settings, text: string, listen: (event: RunEvent) => void): TextTraining {
  const { size, optimizer: use, lr, seed, prompt } = settings;
  const { batch, length } = sizes[size];
  const bytes = encodeBytes(text);
  const cut = Math.floor(bytes.length * (1 - heldOut));
  const [training, validation] = [bytes.subarray(0, cut), bytes.subarray(cut)];
  const config = configOf(sizes[size]);
  const model = new Moonlight(config, new Generator(seed));
  const named = model.namedParameters();
  const groups = use === "muon" ? moonlightGroups(named) : parameterGroups(named, [{ match: () => true, use }]);
  const optimizer = new MuonWithAdamW(groups, { lr, weightDecay: 0.1 });
  const sampler = new Generator(seed);
  let events: RunEvent[] = [];
  const trainer = new Trainer<Tensor>({
    model,
    optimizer,
    batches: new Loader(new TokenWindows(training, { length }), { batch, seed }),
    schedule: warmupInverseSqrt({ peak: lr, warmupSteps }),
    batchTokens: batch * length,
    clip: 1,
    loss: (ids) => {
      const { loss, crossEntropy } = languageModelLoss(model, ids, { auxiliaryCoefficient: config.auxLossAlpha });
      return { loss, reported: crossEntropy };
    },
    expertLoad: () => [...model.routers().values()].map((router) => router.loadStatistics().relativeLoad),
    afterUpdate: () => model.updateBias(biasRate),
    validate: async () => ({
      loss: await validationLoss(model, validation, { batch, length, batches: validationBatches }),
    }),
    observeEvery: 5,
    state: {
      sampler,
      page: { state: (): Saved => ({ settings, events }), restore: (saved: Saved) => ({ events } = saved) },
    },
    listen: (event) => {
      events.push(event);
      listen(event);
    },
  });
  const counts = countParameters(config);
  return {
    trainer,
    get events() {
      return events;
    },
    parameters: counts.total,
    activated: counts.activated + 2 * counts.embedding,
    async sample() {
      const begun = [...encodeBytes(prompt)];
      const options = { maxNewTokens: sampleBytes, window: length, temperature, generator: sampler };
      const added: number[] = [];
      for await (const byte of generate(model, begun, options)) added.push(byte);
      trainer.sampled(printable(decodeBytes([...begun, ...added])));
    },
  };
}

/** What the page needs of a checkpoint, beside the training itself. */
export interface Saved {
  readonly settings: Settings;
  readonly events: RunEvent[];
}
