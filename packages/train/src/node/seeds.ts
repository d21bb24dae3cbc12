/** Purposes of random numbers; each has a stream of its own. */
const purposes = { weights: 0, data: 1, samples: 2 } as const;

/** The seed of a purpose's stream: the upper word of a generator's key. */
export function seedOf(seed: number, purpose: keyof typeof purposes): number {
  return purposes[purpose] * 2 ** 32 + seed;
}
