import {
  ArgumentError,
  checkOptions,
  cumsum,
  DTypeError,
  defaultGenerator,
  full,
  type Generator,
  isFloat,
  ShapeError,
  scope,
  type Tensor,
  where,
} from "@tsuki/core";
import { checkGenerator, checkTensor } from "./checks.ts";

// B rows, V vocabulary, K candidates

/** How a token is drawn. All are run-time numbers but `topK`, which is structure, as is whether an option is given. */
export interface SampleOptions {
  /** Divides the logits; 0 takes the largest, the lowest token of equals (greedy). Default 1. */
  readonly temperature?: number;
  /** Only the K largest logits take part, of equals the lowest tokens. */
  readonly topK?: number;
  /** Only the likeliest tokens take part: as few as together have this probability (Holtzman et al.); in (0, 1]. */
  readonly topP?: number;
  /** Only tokens that are at least this times as likely as the likeliest one take part (Nguyen et al.); in [0, 1]. */
  readonly minP?: number;
  /** Divides the positive logits of tokens that have occurred, multiplies the negative ones (Keskar et al., CTRL); > 0. */
  readonly repetitionPenalty?: number;
}

export interface SampleTokensOptions extends SampleOptions {
  /** Which tokens have occurred: bool [B, V]; needed with `repetitionPenalty`. */
  readonly seen?: Tensor;
  /** Where the random numbers come from; default `defaultGenerator`. */
  readonly generator?: Generator;
}

/** The fields of `SampleOptions`. */
export const sampleNames: readonly string[] = ["temperature", "topK", "topP", "minP", "repetitionPenalty"];

/**
 * Draws a token for each row of logits, as a graph op: [B, V] → int32 [B]. First the penalty, then temperature, topK, topP
 * and minP, in this order; each sees what the one before it left. The draw adds Gumbel noise to the logits and takes the
 * largest, so that a temperature of 0 is no other plan.
 *
 * A row is −1 where a logit is NaN or +∞, or all are −∞.
 */
export function sampleTokens(logits: Tensor, options: SampleTokensOptions = {}): Tensor {
  checkOptions("sampleTokens", options, "seen", "generator", ...sampleNames);
  checkSampleOptions("sampleTokens", options);
  checkLogits(logits, options);
  const { temperature = 1, generator = defaultGenerator } = options;
  return scope("sampleTokens", () => {
    const { values, tokens, kept, finite } = candidates(logits, options);
    const noise = gumbel(generator.uniform(values.shape).cast(values.dtype as "float32"));
    const noisy = values.add(noise.mul(temperature));
    const place = (kept ? where(kept, noisy, Number.NEGATIVE_INFINITY) : noisy).argmax({ axis: 1 });
    const drawn = tokens ? tokens.gather(1, place.unsqueeze(1)).squeeze(1) : place;
    return where(finite, drawn, -1);
  });
}

/** The tokens among which one is drawn. */
export interface Candidates {
  /** Logits less the largest of the row, [B, K]; falling where `tokens` are given. */
  readonly values: Tensor;
  /** Whose logits they are, int32 [B, K]; `null`: token k is at place k. */
  readonly tokens: Tensor | null;
  /** Which of them take part, bool [B, K]; `null`: all. */
  readonly kept: Tensor | null;
  /** Whether a row has a largest logit, bool [B]. */
  readonly finite: Tensor;
}

export function candidates(logits: Tensor, options: SampleTokensOptions): Candidates {
  const { temperature = 1, topK, topP, minP } = options;
  const { values: raw, tokens } = ranked(penalised(logits, options), { topK, topP });
  const top = raw.max({ axis: 1, keepDim: true });
  const values = raw.sub(top);
  // At temperature 0 all but the largest are as unlikely as can be.
  const likelihood = values.div(Math.max(temperature, tiny)).exp();
  const inTopP = topP === undefined ? null : nucleus(likelihood, topP);
  const inMinP = minP === undefined ? null : likelihood.ge(minP);
  const kept = inTopP && inMinP ? inTopP.logicalAnd(inMinP) : (inTopP ?? inMinP);
  return { values, tokens, kept, finite: top.isFinite().squeeze(1) };
}

/** The least divisor of logits that leaves the largest one, and no NaN. */
const tiny = 1e-30;

function penalised(logits: Tensor, { repetitionPenalty, seen }: SampleTokensOptions): Tensor {
  if (repetitionPenalty === undefined || !seen) return logits;
  const less = where(logits.gt(0), logits.div(repetitionPenalty), logits.mul(repetitionPenalty));
  return where(seen, less, logits);
}

/** The K largest logits in falling order; all, as they are, where no option asks for that. */
function ranked(logits: Tensor, { topK, topP }: SampleOptions): { values: Tensor; tokens: Tensor | null } {
  const vocabulary = logits.shape[1];
  const count = Math.min(topK ?? vocabulary, vocabulary);
  if (count === vocabulary && topP === undefined) return { values: logits, tokens: null };
  const { values, indices } = logits.topK(count);
  return { values, tokens: indices };
}

/** Whether those before it are together less likely than `topP`: bool [B, K] for falling likelihoods. */
function nucleus(likelihood: Tensor, topP: number): Tensor {
  const upTo = cumsum(likelihood, 1);
  const total = upTo.slice(1, -1);
  const before = upTo.sub(likelihood);
  // A sum of many may be 1 before its end.
  const all = full([], topP, { dtype: likelihood.dtype as "float32" }).ge(1);
  return before.lt(total.mul(topP)).logicalOr(all);
}

/** −log(−log u) of uniform numbers in [0, 1), which have 24 bits. */
function gumbel(uniform: Tensor): Tensor {
  const exponential = uniform.neg().add(1).log().neg();
  return exponential
    .maximum(2 ** -25)
    .log()
    .neg();
}

/** @throws ArgumentError where an option is out of range. */
export function checkSampleOptions(op: string, options: SampleTokensOptions): void {
  checkGenerator(op, options.generator);
  const check = (name: keyof SampleOptions, range: string, holds: (value: number) => boolean): void => {
    const value = options[name];
    if (value !== undefined && !holds(value)) throw new ArgumentError(`${op}: ${name} is ${range}, not ${value}`);
  };
  check("temperature", "a finite number ≥ 0", (value) => value >= 0 && Number.isFinite(value));
  check("topK", "a whole number ≥ 1", (value) => Number.isInteger(value) && value >= 1);
  check("topP", "a number in (0, 1]", (value) => value > 0 && value <= 1);
  check("minP", "a number in [0, 1]", (value) => value >= 0 && value <= 1);
  check("repetitionPenalty", "a finite number > 0", (value) => value > 0 && Number.isFinite(value));
}

function checkLogits(logits: Tensor, { repetitionPenalty, seen }: SampleTokensOptions): void {
  checkTensor("sampleTokens", logits);
  if (!isFloat(logits.dtype)) throw new DTypeError(`sampleTokens: logits are float, not ${logits.dtype}`);
  if (logits.rank !== 2 || logits.shape[1] === 0) {
    throw new ShapeError(`sampleTokens: logits [rows, vocabulary] are needed, not [${logits.shape}]`);
  }
  if (repetitionPenalty !== undefined && !seen) {
    throw new ArgumentError("sampleTokens: a repetitionPenalty needs the tokens `seen`: bool [rows, vocabulary]");
  }
  if (seen && (seen.dtype !== "bool" || String(seen.shape) !== String(logits.shape))) {
    throw new ShapeError(`sampleTokens: seen is bool [${logits.shape}], not ${seen.dtype} [${seen.shape}]`);
  }
}
