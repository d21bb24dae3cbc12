/**
 * Entropies of a text in nats per byte, with its own frequencies: what a model without context, or with one byte of it,
 * reaches at best.
 */
export interface Entropies {
  /** −Σ p(b)·log p(b) */
  readonly unigram: number;
  /** −Σ p(a, b)·log p(b | a) over neighbours */
  readonly bigram: number;
}

export function entropies(text: Uint8Array): Entropies {
  const single = new Float64Array(256);
  const first = new Float64Array(256);
  const pairs = new Float64Array(256 * 256);
  for (const [place, byte] of text.entries()) {
    single[byte]++;
    if (place === 0) continue;
    first[text[place - 1]]++;
    pairs[text[place - 1] * 256 + byte]++;
  }
  return {
    unigram: -sum(single, (count) => (count / text.length) * Math.log(count / text.length)),
    bigram: -sum(pairs, (count, pair) => (count / (text.length - 1)) * Math.log(count / first[pair >> 8])),
  };
}

/** Sum over what occurs. */
function sum(counts: Float64Array, term: (count: number, index: number) => number): number {
  return counts.reduce((total, count, index) => (count > 0 ? total + term(count, index) : total), 0);
}
