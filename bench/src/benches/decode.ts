import { ours } from "../contestants.ts";
import { llamaConfig } from "../llama.ts";
import { type Row, rowOf } from "../row.ts";
import { median } from "../statistics.ts";
import type { Setting } from "./bench.ts";

/** 98 million parameters, which no cache holds. */
const config = llamaConfig({
  vocabSize: 8192,
  hiddenSize: 768,
  intermediateSize: 2048,
  numHiddenLayers: 12,
  maxPositionEmbeddings: 256,
});

/** Tokens of one sequence, as weights read a second; the ceiling is a sum over memory in the same rounds. */
export async function* decode({ quick, threads, open }: Setting): AsyncGenerator<Row> {
  const size = quick ? { numHiddenLayers: 2 } : {};
  for (const dtype of ["float32", "bfloat16"] as const) {
    const field = open([ours("ours", threads), ours("bandwidth", threads)]);
    const work = { kind: "decode", config: { ...config, ...size }, dtype, tokens: 128 } as const;
    const pace = quick ? { rounds: 2, warm: 0.05, seconds: 0.2 } : { rounds: 9, warm: 0.2, seconds: 0.5 };
    const trial = await field.run(work, pace, { special: { bandwidth: { kind: "readBandwidth" } } });
    field.close();
    const bytes = (name: string): number => trial.facts.get(name)?.bytes ?? Number.NaN;
    const ceiling = bytes("bandwidth") / 1e9 / median(trial.seconds.get("bandwidth") ?? []);
    const tokens = 1 / median(trial.seconds.get("ours") ?? []);
    const head = { bench: "decode", case: `one sequence, weights in ${dtype}`, unit: "GB/s" };
    yield rowOf(head, trial, { work: bytes("ours") / 1e9, ceiling, note: `${tokens.toFixed(1)} tokens/s` });
  }
}
