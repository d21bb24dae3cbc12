import { join } from "node:path";
import type { MoonlightConfig } from "@tsuki/moe";
import { ours } from "../contestants.ts";
import { type Row, rowOf } from "../row.ts";
import { medianRatio } from "../statistics.ts";
import { writeTraining } from "../training-file.ts";
import type { NewtonSchulzWork } from "../workloads.ts";
import type { Setting } from "./bench.ts";
import { checked, length } from "./step.ts";

const batch = 16;

const config: MoonlightConfig = {
  vocabSize: 256,
  hiddenSize: 128,
  numHiddenLayers: 4,
  numAttentionHeads: 4,
  kvLoraRank: 64,
  qkNopeHeadDim: 32,
  qkRopeHeadDim: 16,
  vHeadDim: 32,
  intermediateSize: 384,
  moeIntermediateSize: 128,
  numRoutedExperts: 8,
  numSharedExperts: 1,
  numExpertsPerToken: 2,
  firstKDenseReplace: 1,
  moeLayerFreq: 1,
  numGroups: 1,
  topKGroups: 1,
  normTopKProb: true,
  routedScalingFactor: Math.SQRT2,
  auxLossAlpha: 0,
  ropeTheta: 10_000,
  rmsNormEps: 1e-5,
  initializerRange: 0.02,
  maxPositionEmbeddings: length,
  bosTokenId: 0,
  eosTokenId: 0,
};

const matrices: readonly NewtonSchulzWork[] = [
  [256, 256],
  [384, 384],
  [256, 688],
  [128, 512],
].map(([rows, cols]) => ({ kind: "newtonSchulz", count: 16, rows, cols }));

/** A small Moonlight, what its number of experts costs, and Newton–Schulz. */
export async function* moe(setting: Setting): AsyncGenerator<Row> {
  yield* training(setting);
  yield* manyExperts(setting);
  yield* newtonSchulz(setting);
}

async function* training({ quick, threads, peers, open, folder }: Setting): AsyncGenerator<Row> {
  const model = { name: "moonlight", config } as const;
  for (const optimizer of quick ? (["muon"] as const) : (["adamw", "muon"] as const)) {
    const file = join(folder, "moonlight.safetensors");
    const lr = optimizer === "muon" ? 3e-3 : 1e-3;
    const work = { kind: "training", model, optimizer, lr, file, checkedSteps: 10 } as const;
    const workload = await writeTraining(work, batch, length);
    const field = open([ours("ours", threads), ...peers]);
    const pace = quick ? { rounds: 2, warm: 0.1, seconds: 0.3 } : { rounds: 7, warm: 0.3, seconds: 1 };
    const trial = await field.run(workload, pace);
    field.close();
    const head = { bench: "moe", case: `Moonlight d=128 L=4 B=${batch}, 2 of 8, ${optimizer}`, unit: "tokens/s" };
    const names = peers.map(({ name }) => name);
    yield checked(rowOf(head, trial, { work: batch * length, peers: names }), trial);
  }
}

async function* manyExperts({ quick, threads, open }: Setting): AsyncGenerator<Row> {
  const of = (numRoutedExperts: number): MoonlightConfig => ({
    ...config,
    hiddenSize: 256,
    moeIntermediateSize: 176,
    numRoutedExperts,
    numExpertsPerToken: 6,
  });
  const [few, many] = [8, 64];
  const work = { kind: "experts", tokens: quick ? 512 : 2048 } as const;
  const field = open([ours("few", threads), ours("many", threads)]);
  const pace = quick ? { rounds: 3, warm: 0.05, seconds: 0.1 } : { rounds: 9, warm: 0.2, seconds: 0.4 };
  const special = { many: { ...work, config: of(many) } };
  const { seconds } = await field.run({ ...work, config: of(few) }, pace, { special });
  field.close();
  const share = medianRatio(seconds.get("few") ?? [], seconds.get("many") ?? []);
  const note = `${many} experts take ${(1 / share).toFixed(2)} of the time of ${few}`;
  yield { bench: "moe", case: `6 of ${few} over 6 of ${many}`, unit: "×", ours: share, peers: {}, ratio: null, note };
}

async function* newtonSchulz({ quick, threads, peers, open }: Setting): AsyncGenerator<Row> {
  const field = open([ours("ours", threads), ...peers]);
  const pace = quick ? { rounds: 2, warm: 0.05, seconds: 0.1 } : { rounds: 9, warm: 0.2, seconds: 0.3 };
  for (const work of quick ? matrices.slice(0, 1) : matrices) {
    const { count, rows, cols } = work;
    const trial = await field.run(work, pace);
    // Three products a step, as the iteration is written.
    const gigaflop = (count * 5 * (4 * rows * rows * cols + 2 * rows ** 3)) / 1e9;
    const head = { bench: "moe", case: `Newton–Schulz, ${count} × ${rows}×${cols}`, unit: "GFLOP/s" };
    yield rowOf(head, trial, { work: gigaflop, peers: peers.map(({ name }) => name) });
  }
  field.close();
}
