/** What random numbers are for; each purpose has a stream of its own. */
export const initialWeights = 0;
export const dataOrder = 1;
export const samples = 2;

/** The seed of a purpose's stream: the upper word of a generator's key. */
export function seedOf(seed: number, purpose: number): number {
  return purpose * 2 ** 32 + seed;
}
