/** A place on a curve. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Fewer points that look the same: the curve is cut into stretches of equally many points, and each keeps its lowest and
 * its highest, so that no spike is lost; the ends of the curve stay. At most 2 · `stretches` + 2 points are left.
 */
export function downSample(points: readonly Point[], stretches: number): readonly Point[] {
  if (!(Number.isInteger(stretches) && stretches > 0)) {
    throw new RangeError(`downSample: stretches is a whole number ≥ 1, not ${stretches}`);
  }
  if (points.length <= 2 * stretches + 2) return points;
  const kept = new Set([0, points.length - 1]);
  for (let stretch = 0; stretch < stretches; stretch++) {
    const begin = Math.floor((stretch * points.length) / stretches);
    const end = Math.floor(((stretch + 1) * points.length) / stretches);
    let [low, high] = [begin, begin];
    for (let i = begin + 1; i < end; i++) {
      if (points[i].y < points[low].y) low = i;
      if (points[i].y > points[high].y) high = i;
    }
    kept.add(low).add(high);
  }
  return [...kept].sort((a, b) => a - b).map((i) => points[i]);
}

/** A place on a curve that stands for several steps in a row; for one where not given. */
export interface MeanPoint extends Point {
  readonly steps?: number;
}

/**
 * The exponential moving average, without its bias to the start: sₜ = β sₜ₋₁ + (1 − β) yₜ from s₀ = 0, divided by 1 − βᵗ.
 * A point that stands for n steps counts as n equal ones. Where y is NaN nothing was measured: time passes there, and the
 * result has no point.
 *
 * @param beta 0 (the curve itself) to below 1.
 */
export function smooth(points: readonly MeanPoint[], beta: number): readonly Point[] {
  if (!(beta >= 0 && beta < 1)) throw new RangeError(`smooth: beta is in [0, 1), not ${beta}`);
  let [sum, weight] = [0, 0];
  return points.flatMap(({ x, y, steps = 1 }) => {
    const kept = beta ** steps;
    sum *= kept;
    weight *= kept;
    if (Number.isNaN(y)) return [];
    sum += (1 - kept) * y;
    weight += 1 - kept;
    return { x, y: sum / weight };
  });
}
