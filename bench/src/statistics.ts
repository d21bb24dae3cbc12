/** The middle of some numbers; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}

/** The middle of the quotients of two series, place by place: what disturbs a round disturbs both. */
export function medianRatio(a: readonly number[], b: readonly number[]): number {
  return median(Array.from({ length: Math.min(a.length, b.length) }, (_, i) => a[i] / b[i]));
}
