import type { HostGenerator } from "@tsuki/nn";

/** Values of one random number. */
const values = 2 ** 24;

/** A random whole number in [0, n): one number of the generator up to n = 2²⁴, else two. */
export function below(n: number, random: HostGenerator): number {
  if (n <= values) return Math.floor(random.next() * n);
  return Math.floor((random.next() + random.next() / values) * n);
}

/** The numbers 0 … length − 1 in random order: Fisher and Yates' shuffle. */
export function permutation(length: number, random: HostGenerator): Uint32Array {
  const order = Uint32Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last--) {
    const other = below(last + 1, random);
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}
