import { setDefaultDevice, stats } from "@tsuki/core";
import { lossesOf, makeTrainer, sizes } from "../training.ts";

export interface Measured {
  /** The median step's. */
  readonly tokensPerSecond: number;
  /** What tensors hold: of variables, of the plans' arena, and of values that are kept. */
  readonly megabytes: number;
}

/** The training of `npm start` for some seconds, once all code is optimised. */
export async function measure(seconds: number): Promise<Measured> {
  setDefaultDevice("wasm");
  const trainer = makeTrainer(sizes.quickstart);
  await lossesOf(trainer, 12);
  const speeds: number[] = [];
  for (const end = performance.now() + 1000 * seconds; performance.now() < end; ) {
    speeds.push((await trainer.train())?.tokensPerSecond ?? 0);
  }
  const { liveBytes, arenaBytes, cachedBytes } = stats();
  return {
    tokensPerSecond: speeds.sort((a, b) => a - b)[speeds.length >> 1],
    megabytes: (liveBytes + arenaBytes + cachedBytes) / 1e6,
  };
}

Object.assign(globalThis, { measure });
