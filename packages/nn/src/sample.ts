import { ArgumentError } from "@tsuki/core";
import type { HostGenerator } from "./random.ts";

export interface SampleOptions {
  /** Divides the logits; 0 takes the largest (greedy). Default 1. */
  readonly temperature?: number;
  /** Only the k largest logits take part; default all. */
  readonly topK?: number;
}

/**
 * Draws a token from softmax(logits / temperature), cut to the `topK` largest logits; equal logits are ranked by token,
 * the lowest first. One number is drawn from the generator, none by greedy choice.
 *
 * @throws ArgumentError where a logit is NaN or +∞, or all are −∞.
 */
export function sample(
  logits: Float32Array | Float64Array,
  generator: HostGenerator,
  options: SampleOptions = {},
): number {
  const { temperature = 1, topK = logits.length } = options;
  checkSampleOptions(options);
  const best = largest(logits);
  if (temperature === 0) return best;
  const candidates = topK < logits.length ? topIndices(logits, topK) : logits.keys();
  const tokens = Int32Array.from(candidates);
  const sums = new Float64Array(tokens.length);
  let total = 0;
  for (const [place, token] of tokens.entries()) {
    total += Math.exp((logits[token] - logits[best]) / temperature);
    sums[place] = total;
  }
  const drawn = generator.next() * total;
  return tokens[sums.findIndex((sum) => sum > drawn)];
}

/** @throws ArgumentError where an option is out of range. */
export function checkSampleOptions({ temperature = 1, topK = 1 }: SampleOptions): void {
  if (!(temperature >= 0 && Number.isFinite(temperature))) {
    throw new ArgumentError(`sample: the temperature is a finite number ≥ 0, not ${temperature}`);
  }
  if (!Number.isInteger(topK) || topK < 1) throw new ArgumentError(`sample: topK is a whole number ≥ 1, not ${topK}`);
}

/** The token with the largest logit; the lowest of equals. */
function largest(logits: Float32Array | Float64Array): number {
  let best = 0;
  for (let token = 0; token < logits.length; token++) {
    const logit = logits[token];
    if (Number.isNaN(logit) || logit === Number.POSITIVE_INFINITY) {
      throw new ArgumentError(`sample: the logit of token ${token} is ${logit}`);
    }
    if (logit > logits[best]) best = token;
  }
  if (!Number.isFinite(logits[best])) throw new ArgumentError(`sample: none of the ${logits.length} logits is finite`);
  return best;
}

/** The k tokens with the largest logits, the largest first. */
function topIndices(logits: Float32Array | Float64Array, k: number): number[] {
  const top: number[] = [];
  for (let token = 0; token < logits.length; token++) {
    if (top.length === k && logits[token] <= logits[top[k - 1]]) continue;
    if (top.length === k) top.pop();
    let place = top.length;
    while (place > 0 && logits[top[place - 1]] < logits[token]) place--;
    top.splice(place, 0, token);
  }
  return top;
}
