import { Generator, setDefaultDevice, type Tensor } from "@tsuki/core";
import { encodeBytes, Loader, TokenWindows } from "@tsuki/data";
import { languageModelLoss, Moonlight } from "@tsuki/moe";
import { MuonWithAdamW, moonlightGroups, warmupCosine } from "@tsuki/optim";
import { Trainer } from "@tsuki/train";
import { configOf } from "../../playground/src/worker/config.ts";

export interface Size {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly experts: number;
  /** Sequences of a batch, and tokens of a sequence. */
  readonly rows: number;
  readonly length: number;
}

/** As small as it can be with all parts of a Moonlight; and what `npm start` trains. */
export const sizes: Readonly<Record<"tiny" | "quickstart", Size>> = {
  tiny: { hidden: 32, layers: 2, heads: 2, experts: 4, rows: 4, length: 32 },
  quickstart: { hidden: 128, layers: 4, heads: 4, experts: 8, rows: 16, length: 128 },
};

const text = "Call me Ishmael. Some years ago, never mind how long precisely, I thought I would sail about a little. ";

/** A training from its beginning, on the default device. */
export function makeTrainer(size: Size = sizes.tiny): Trainer<Tensor> {
  const config = { ...configOf(size), vocabSize: 128 };
  const model = new Moonlight(config, new Generator(1));
  const windows = new TokenWindows(encodeBytes(text.repeat(40)), { length: size.length });
  return new Trainer<Tensor>({
    model,
    optimizer: new MuonWithAdamW(moonlightGroups(model.namedParameters()), { lr: 0.01 }),
    batches: new Loader(windows, { batch: size.rows, seed: 5 }),
    schedule: warmupCosine({ peak: 0.01, warmupSteps: 2, totalSteps: 40, final: 0.001 }),
    batchTokens: size.rows * size.length,
    clip: 1,
    loss: (ids) => {
      const { loss, crossEntropy } = languageModelLoss(model, ids, { auxiliaryCoefficient: config.auxLossAlpha });
      return { loss, reported: crossEntropy };
    },
    afterUpdate: () => model.updateBias(1e-3),
  });
}

/** Of the trainings that are compared. */
export const steps = 30;

/** The losses of the trainer's next steps. */
export async function lossesOf(trainer: Trainer<Tensor>, steps: number): Promise<number[]> {
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) losses.push((await trainer.train())?.loss ?? Number.NaN);
  return losses;
}

/** What a training comes to on a wasm device, and whether that rounds multiply-adds once: its bits depend on it. */
export interface Outcome {
  readonly losses: readonly number[];
  readonly contracted: boolean;
}

export async function train(steps: number, options: { readonly deterministic: boolean }): Promise<Outcome> {
  setDefaultDevice("wasm", options);
  const trainer = makeTrainer();
  const losses = await lossesOf(trainer, steps);
  return { losses, contracted: (await trainer.checkpoint()).position.contracted };
}
