/** Errors of float32 results in units in the last place, and the numbers at which they are looked for. */

/** Numbers of every sign and exponent, subnormals included, some hundred fractions each. */
export function everyExponent(fractions: number): Float32Array<ArrayBuffer> {
  const bits: number[] = [];
  for (let exponent = 0; exponent < 255; exponent++) {
    for (let i = 0; i < fractions; i++) {
      const fraction = i === 0 ? 0 : i === 1 ? 0x7fffff : Math.imul(i * 255 + exponent, 0x9e3779b1) >>> 9;
      for (const sign of [0, 1]) bits.push((sign << 31) | (exponent << 23) | fraction);
    }
  }
  return new Float32Array(Int32Array.from(bits).buffer);
}

/** Numbers spread evenly from −bound to bound. */
export function evenly(bound: number, count: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, (_, i) => (i / (count - 1)) * 2 * bound - bound);
}

/** The numbers in another order, which is fixed. */
export function shuffled(numbers: Float32Array): Float32Array {
  return numbers.map((_, i) => numbers[(i * 7919) % numbers.length]);
}

/** Distance of a float32 to the neighbour of greater magnitude; of subnormal numbers 2⁻¹⁴⁹. */
export function ulp(value: number): number {
  return 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(value)))) - 23);
}

/** The worst error in units in the last place of the exact results, which may lie outside the range of float32. */
export function worstError(results: ArrayLike<number>, exact: (i: number) => number): number {
  let most = 0;
  for (let i = 0; i < results.length; i++) {
    const wanted = exact(i);
    if (Object.is(Math.fround(wanted), results[i])) continue;
    const error = Math.abs(results[i] - wanted) / ulp(wanted);
    most = Math.max(most, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
  }
  return most;
}
