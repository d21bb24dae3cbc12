import { ArgumentError } from "@tsuki/core";

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/**
 * Random numbers on the host: the i-th number is that of `new Generator(seed).uniform([1])`, drawn for the i-th time. Both
 * are Threefry 2×32 with 20 rounds (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3").
 */
export class HostGenerator {
  #seed: number;
  #counter = 0;

  /** `seed`: a whole number in [0, 2⁵³). */
  constructor(seed: number) {
    this.#seed = checkSeed(seed);
  }

  /** The next number, uniform in [0, 1); 24 random bits. */
  next(): number {
    const bits = threefry(this.#seed | 0, Math.floor(this.#seed / 2 ** 32) | 0, 0, this.#counter++ | 0);
    return (bits >>> 8) * 2 ** -24;
  }

  /** What a checkpoint needs. */
  state(): { seed: number; counter: number } {
    return { seed: this.#seed, counter: this.#counter };
  }

  restore(state: { readonly seed: number; readonly counter: number }): void {
    this.#seed = checkSeed(state.seed);
    this.#counter = state.counter;
  }
}

/** The first word of the cipher of the counter (x0, x1) under the key (k0, k1). */
function threefry(k0: number, k1: number, counter0: number, counter1: number): number {
  const keys = [k0, k1, k0 ^ k1 ^ 0x1bd11bda];
  let x0 = (counter0 + k0) | 0;
  let x1 = (counter1 + k1) | 0;
  for (let group = 0; group < 5; group++) {
    for (const bits of rotations[group % 2]) {
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << bits) | (x1 >>> (32 - bits))) ^ x0;
    }
    x0 = (x0 + keys[(group + 1) % 3]) | 0;
    x1 = (x1 + keys[(group + 2) % 3] + group + 1) | 0;
  }
  return x0;
}

function checkSeed(seed: number): number {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ArgumentError(`HostGenerator: a seed is a whole number in [0, 2^53), not ${seed}`);
  }
  return seed;
}
