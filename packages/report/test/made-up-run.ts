import type { RunEvent } from "@tsuki/train";
import type { RunData } from "../src/run-data.ts";

/** A run as training logs it, made up from a seed: the same seed gives the same run. */
export function madeUpRun({
  name = "2026-01-01T00-00-00",
  seed = 1,
  steps = 200,
  config = {},
  floor = 1.6,
}: {
  name?: string;
  seed?: number;
  steps?: number;
  config?: Readonly<Record<string, unknown>>;
  floor?: number;
} = {}): RunData {
  const random = generator(seed);
  const events: RunEvent[] = [];
  const mean = (step: number): number => floor + 3.9 * Math.exp(-step / (0.12 * steps));
  for (let step = 1; step <= steps; step++) {
    const moment = { step, tokens: 4096 * step, seconds: 0.9 * step };
    const observed = step % 10 === 0;
    events.push({
      kind: "step",
      ...moment,
      loss: mean(step) + 0.12 * (random() - 0.5),
      lr: 0.01 * Math.min(step / 20, 0.1 + 0.45 * (1 + Math.cos((Math.PI * step) / steps))),
      gradNorm: 0.3 + 2 * Math.exp(-step / 20) + 0.2 * random() + (random() < 0.01 ? 3 : 0),
      tokensPerSecond: 4500 + 400 * random(),
      ...(observed && {
        updateRms: { Muon: 0.2 + 0.006 * (random() - 0.5), AdamW: 0.25 + 0.1 * random() },
        metrics: { accuracy: 1 - mean(step) / 5.8 },
      }),
    });
    if (observed) {
      const load = Array.from({ length: 3 }, () => loads(random, 8, 1.2 * Math.exp(-step / (0.3 * steps)) + 0.1));
      events.push({ kind: "experts", ...moment, load });
    }
    if (step % 20 === 0) events.push({ kind: "validation", ...moment, loss: mean(step) + 0.08, part: "part" });
    if (step % 50 === 0)
      events.push({ kind: "sample", ...moment, text: `Call me Ishmael, said step ${step}.\n`.repeat(3) });
  }
  const end = { step: steps, tokens: 4096 * steps, seconds: 0.9 * steps };
  events.push({ kind: "validation", ...end, loss: mean(steps) + 0.1, part: "whole" });
  return {
    name,
    program: "moonlight",
    config: { steps, seed, lr: 0.01, optimizer: "muon", threads: null, ...config },
    environment: { node: "v24.0.0", platform: "linux-x64", contracted: true },
    events,
  };
}

/** Loads of experts, of mean 1. */
function loads(random: () => number, experts: number, spread: number): number[] {
  const raw = Array.from({ length: experts }, () => Math.exp(spread * (2 * random() - 1)));
  const mean = raw.reduce((sum, load) => sum + load, 0) / experts;
  return raw.map((load) => load / mean);
}

/** Uniform in [0, 1): a linear congruential generator (Numerical Recipes, 3rd edition, section 7.1). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
