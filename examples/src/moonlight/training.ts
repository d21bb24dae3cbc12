import { Generator, stack, type Tensor, zeros } from "@tsuki/core";
import { type Loader, type Tokens, validationLoss } from "@tsuki/data";
import { languageModelLoss, type Moonlight } from "@tsuki/moe";
import { type ParameterGroups, warmupCosine } from "@tsuki/optim";
import { type RunEvent, Trainer } from "@tsuki/train";
import { seedOf } from "@tsuki/train/node";
import { groupsOf, makeModel, makeOptimizer } from "./model.ts";
import type { Options } from "./options.ts";
import { sampleText } from "./sampling.ts";
import type { Corpus } from "./text.ts";

/** A small Moonlight and how it is trained. */
export interface Training {
  readonly model: Moonlight;
  readonly groups: ParameterGroups;
  readonly trainer: Trainer<Tensor>;
  sample(signal: AbortSignal): Promise<string>;
}

/** @param listen Hears of every step, validation and sample. */
export function makeTraining(
  options: Options,
  corpus: Corpus,
  windows: Loader<Tokens>,
  listen: (event: RunEvent) => void,
): Training {
  const model = makeModel(options);
  const groups = groupsOf(model, options);
  const sampler = new Generator(seedOf(options.seed, "samples"));
  const optimizer = makeOptimizer(groups, options);
  const trainer = new Trainer<Tensor>({
    model,
    optimizer,
    batches: windows,
    schedule: warmupCosine({
      peak: options.lr,
      warmupSteps: options.warmup,
      totalSteps: options.steps,
      final: options.lr * options.finalLr,
    }),
    batchTokens: options.batch * options.sequence,
    clip: options.clip === 0 ? Number.POSITIVE_INFINITY : options.clip,
    loss: (ids) => {
      const { loss, crossEntropy } = languageModelLoss(model, ids, { auxiliaryCoefficient: options.auxLoss });
      return { loss, reported: crossEntropy, metrics: { imbalance: meanViolation(model) } };
    },
    expertLoad: () => [...model.routers().values()].map((router) => router.loadStatistics().relativeLoad),
    afterUpdate: () => model.updateBias(options.biasRate),
    updateGroup: (name) => (optimizer.muon?.parameters.has(name) ? "muon" : "adamw"),
    validate: async (part) => {
      const { batch, sequence: length, evalBatches } = options;
      const size = part === "part" ? { batch, length, batches: evalBatches } : { batch, length };
      return { loss: await validationLoss(model, corpus.validation, size) };
    },
    state: { sampler },
    listen,
  });
  const sample = async (signal: AbortSignal): Promise<string> => {
    const text = await sampleText(model, sampler, options, signal);
    trainer.sampled(text);
    return text;
  };
  return { model, groups, trainer, sample };
}

/**
 * How much more than its share the busiest expert got, max load / mean load − 1: the mean over the layers with experts, of
 * the tokens since the last update of the router biases; 0 where no layer has experts.
 */
function meanViolation(model: Moonlight): Tensor {
  const violations = [...model.routers().values()].map((router) => router.loadStatistics().maxViolation);
  return violations.length === 0 ? zeros([]) : stack(violations).mean();
}
