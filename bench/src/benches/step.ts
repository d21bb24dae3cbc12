import { join } from "node:path";
import type { LlamaConfig } from "@tsuki/nn";
import { ours } from "../contestants.ts";
import type { Trial } from "../field.ts";
import { llamaConfig } from "../llama.ts";
import { type Row, rowOf } from "../row.ts";
import { medianRatio } from "../statistics.ts";
import { writeTraining } from "../training-file.ts";
import type { TrainingWork } from "../workloads.ts";
import type { Setting } from "./bench.ts";

/** Tokens of a sequence. */
export const length = 128;

export interface Size {
  readonly width: number;
  readonly layers: number;
  readonly batch: number;
}

export const sizes: readonly Size[] = [
  { width: 128, layers: 4, batch: 16 },
  { width: 256, layers: 4, batch: 16 },
  { width: 384, layers: 6, batch: 8 },
];

const intermediate: Readonly<Record<number, number>> = { 128: 352, 256: 688, 384: 1024 };

/** Losses of equal programs agree to this after ten steps. */
const tolerance = 1e-4;

/** The size whose step is measured with one thread too. */
const scaledWidth = 256;

/** A training step of a dense Llama-style model, from tokens to updated weights, in tokens per second. */
export async function* step(setting: Setting): AsyncGenerator<Row> {
  const { quick, threads, peers } = setting;
  for (const size of quick ? sizes.slice(0, 1) : sizes) {
    for (const optimizer of ["adamw", "muon"] as const) {
      const title = titleOf(size, optimizer);
      const scaled = size.width === scaledWidth && threads > 1;
      const single = scaled ? [ours("ours1", 1)] : [];
      const field = setting.open([ours("ours", threads), ...single, ...peers]);
      const workload = await trainingOf(size, optimizer, setting.folder);
      const pace = quick ? { rounds: 2, warm: 0.1, seconds: 0.3 } : { rounds: 7, warm: 0.3, seconds: 1 };
      const trial = await field.run(workload, pace);
      field.close();
      const work = size.batch * length;
      const figures = { work, peers: peers.map(({ name }) => name) };
      yield checked(rowOf({ bench: "step", case: title, unit: "tokens/s" }, trial, figures), trial);
      if (scaled) yield scaling(title, threads, trial);
    }
  }
}

export function titleOf({ width, layers, batch }: Size, optimizer: string): string {
  return `d=${width} L=${layers} B=${batch} ${optimizer}`;
}

/** A model of a size with its weights and tokens in a file. */
export function trainingOf(size: Size, optimizer: TrainingWork["optimizer"], folder: string): Promise<TrainingWork> {
  const file = join(folder, `llama-${size.width}-${size.layers}-${size.batch}.safetensors`);
  const model = { name: "llama", config: configOf(size) } as const;
  const lr = optimizer === "muon" ? 3e-3 : 1e-3;
  return writeTraining({ kind: "training", model, optimizer, lr, file, checkedSteps: 10 }, size.batch, length);
}

function configOf({ width, layers }: Size): LlamaConfig {
  return llamaConfig({
    vocabSize: 256,
    hiddenSize: width,
    intermediateSize: intermediate[width],
    numHiddenLayers: layers,
    maxPositionEmbeddings: length,
  });
}

/** The row with the losses of all; void where a peer computes something else. */
export function checked(row: Row, { facts }: Trial): Row {
  const lossOf = (name: string): number => facts.get(name)?.loss ?? Number.NaN;
  const own = lossOf("ours");
  const names = Object.keys(row.peers);
  const wrong = names.filter((name) => !(Math.abs(lossOf(name) - own) <= tolerance));
  const losses = [`ours ${own.toFixed(5)}`, ...names.map((name) => `${name} ${lossOf(name).toFixed(5)}`)].join(", ");
  if (wrong.length === 0) return { ...row, note: `loss ${losses}` };
  return { ...row, ratio: null, note: `void: loss ${losses}` };
}

function scaling(title: string, threads: number, { seconds }: Trial): Row {
  const [many, one] = [seconds.get("ours") ?? [], seconds.get("ours1") ?? []];
  const head = { bench: "step", case: `${title}: ${threads} threads over 1`, unit: "×" };
  return { ...head, ours: medianRatio(one, many), peers: {}, ratio: null };
}
