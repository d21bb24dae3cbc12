import { setDefaultDevice } from "@tsuki/core";
import { lossesOf, makeTrainer, sizes } from "../training.ts";

/** Tokens per second of the model of `npm start`, with Muon: the median step of some seconds, once all code is optimised. */
export async function measure(seconds: number): Promise<number> {
  setDefaultDevice("wasm");
  const trainer = makeTrainer(sizes.quickstart);
  await lossesOf(trainer, 12);
  const speeds: number[] = [];
  for (const end = performance.now() + 1000 * seconds; performance.now() < end; ) {
    speeds.push((await trainer.train())?.tokensPerSecond ?? 0);
  }
  return speeds.sort((a, b) => a - b)[speeds.length >> 1];
}

Object.assign(globalThis, { measure });
