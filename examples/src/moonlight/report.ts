import type { Stats } from "@tsuki/core";
import { countParameters, isMoELayer, type MoonlightConfig, trainingFlopsPerToken } from "@tsuki/moe";
import { count } from "@tsuki/train/node";
import type { Entropies } from "./entropy.ts";
import type { Options } from "./options.ts";
import type { Corpus } from "./text.ts";

/** What is trained, on what, and what follows from it. */
export function describeRun(options: Options, config: MoonlightConfig, corpus: Corpus): string {
  const { batch, sequence, steps, optimizer, lr, warmup, finalLr, weightDecay, clip, device, threads, seed } = options;
  const counts = countParameters(config);
  const tokens = batch * sequence;
  const flops = trainingFlopsPerToken(config, sequence);
  const mixtures = Array.from({ length: config.numHiddenLayers }, (_, index) => isMoELayer(config, index)).filter(
    Boolean,
  ).length;
  return rows([
    [
      "model",
      `${config.numHiddenLayers} layers of width ${config.hiddenSize}: ${config.numHiddenLayers - mixtures} dense, ${mixtures} with experts`,
    ],
    [
      "attention",
      `${config.numAttentionHeads} heads of ${config.qkNopeHeadDim} + ${config.qkRopeHeadDim} rotated, latent of ${config.kvLoraRank}`,
    ],
    [
      "experts",
      `${config.numExpertsPerToken} of ${config.numRoutedExperts} routed and ${config.numSharedExperts} shared a token, width ${config.moeIntermediateSize}`,
    ],
    [
      "parameters",
      `${count(counts.total)} total, ${count(counts.activated + 2 * counts.embedding)} activated by a token ` +
        `(${count(2 * counts.embedding)} of both in embedding and head)`,
    ],
    [
      "text",
      `${count(corpus.training.length)} bytes to train on, ${count(corpus.validation.length)} bytes of later chapters to validate`,
    ],
    [
      "step",
      `${batch} × ${sequence} = ${count(tokens)} tokens, ${scaled(flops)}FLOP per token, ${scaled(flops * tokens)}FLOP (without the optimizer)`,
    ],
    [
      "training",
      `${count(steps)} steps, ${count(steps * tokens)} tokens, ${((steps * tokens * 100) / corpus.training.length) | 0}% of the text`,
    ],
    [
      "optimizer",
      `${optimizer}, lr ${lr} after ${warmup} steps, then to ${round(lr * finalLr)}; weight decay ${weightDecay}, clipping at ${clip || "no norm"}`,
    ],
    [
      "device",
      `${device}, ${threads === null ? "a thread for each core" : threads === 1 ? "1 thread" : `${threads} threads`}; seed ${seed}`,
    ],
  ]);
}

/** What came out, beside what a model that sees no or one byte of context could reach. */
export function describeResult(loss: number, { unigram, bigram }: Entropies, tokens: number, seconds: number): string {
  return rows([
    ["unigram entropy", `${unigram.toFixed(4)} nats per byte of the validation text`],
    ["bigram entropy", bigram.toFixed(4)],
    ["this model", `${loss.toFixed(4)}, ${(loss / Math.LN2).toFixed(4)} bits per byte`],
    [
      "time",
      `${(seconds / 60).toFixed(1)} minutes, ${count(Math.round(tokens / seconds))} tokens/s with validation and samples`,
    ],
  ]);
}

/** What the device did. */
export function describeDevice(stats: Stats): string {
  const { plansCompiled, plansRun, nodes, compileMs, captureMs, arenaBytes, liveBytes, recomputedNodes } = stats;
  const perNode = nodes === 0 ? 0 : (captureMs * 1000) / nodes;
  return rows([
    [
      "plans",
      `${plansCompiled} compiled in ${(compileMs / 1000).toFixed(1)} s, ${count(plansRun)} run; ${count(recomputedNodes)} nodes recomputed; ` +
        `${perNode.toFixed(1)} µs to capture a node`,
    ],
    ["memory", `${megabytes(liveBytes)} in variables, ${megabytes(arenaBytes)} for intermediate values`],
  ]);
}

/** A sample, set off from the rest. */
export function quote(text: string): string {
  return text
    .split("\n")
    .map((line) => `  │ ${line}`.trimEnd())
    .join("\n");
}

function rows(entries: readonly (readonly [label: string, text: string])[]): string {
  const width = Math.max(...entries.map(([label]) => label.length));
  return entries.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`).join("\n");
}

function scaled(value: number): string {
  const prefixes = ["", "k", "M", "G", "T", "P"];
  const step = Math.min(prefixes.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
  return `${round(value / 1000 ** step)} ${prefixes[step]}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** Three digits. */
function round(value: number): number {
  return Number(value.toPrecision(3));
}
