import type { CoefficientSet, Coefficients } from "./newton-schulz-coefficients.ts";

/** How Newton–Schulz goes about its products; see `NewtonSchulzOptions.form`. */
export type NewtonSchulzForm = "auto" | "direct" | "gram";

/**
 * From this ratio of the longer side n to the shorter one m on, `"auto"` is the Gram form. N steps in k segments take
 * 3k·m²n + (4N − 3k)·m³ multiplications (symmetric products halved), fewer than k = N from n > m on; but more of them are
 * in symmetric products, which are a third slower than their number says: measured, both are even at 1.25.
 */
const gramRatio = 1.5;

/** Segments of coefficients of which nothing is known: what is right for the steepest of the named sets. */
const carefulSegments = [1, 2];

/**
 * The steps of an iteration, cut where X is formed anew: each segment needs one Gram matrix of X, and its steps are one
 * factor on X. The direct form has a segment for each step.
 */
export function segmentsOf(
  { triples, segments }: CoefficientSet,
  form: NewtonSchulzForm,
  [rows, cols]: readonly [rows: number, cols: number],
): (readonly Coefficients[])[] {
  const isLong = Math.max(rows, cols) >= gramRatio * Math.min(rows, cols);
  const isGram = form === "gram" || (form === "auto" && isLong && segments !== undefined);
  const lengths = isGram ? (segments ?? carefulSegments) : [1];
  const result: (readonly Coefficients[])[] = [];
  for (let at = 0; at < triples.length; at += result[result.length - 1].length) {
    result.push(triples.slice(at, at + lengths[Math.min(result.length, lengths.length - 1)]));
  }
  return result;
}
