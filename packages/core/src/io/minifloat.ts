/** Floats of at most 8 bits, as formats for weights have them. */
export interface Minifloat {
  readonly exponentBits: number;
  readonly mantissaBits: number;
  readonly bias: number;
  /**
   * What stands for no finite number: `ieee`: the highest exponent holds ±∞ and NaN; `fn`: all ones are NaN; `fnuz`: −0 is
   * NaN; `none`: nothing.
   */
  readonly special: "ieee" | "fn" | "fnuz" | "none";
}

/** The number that a code stands for. */
export function decodeMinifloat({ exponentBits, mantissaBits, bias, special }: Minifloat, code: number): number {
  const sign = code >> (exponentBits + mantissaBits) ? -1 : 1;
  const magnitude = code & ((1 << (exponentBits + mantissaBits)) - 1);
  const exponent = magnitude >> mantissaBits;
  const mantissa = magnitude & ((1 << mantissaBits) - 1);
  const highest = exponent === (1 << exponentBits) - 1;
  if (special === "ieee" && highest) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (special === "fn" && highest && mantissa === (1 << mantissaBits) - 1) return Number.NaN;
  if (special === "fnuz" && sign < 0 && magnitude === 0) return Number.NaN;
  const unit = 2 ** (Math.max(exponent, 1) - bias - mantissaBits);
  return sign * unit * (exponent === 0 ? mantissa : mantissa + (1 << mantissaBits));
}

/**
 * The code of the nearest number, ties to the even code. Beyond the largest finite number: ±∞ where the format has it,
 * else the largest. −1 for NaN where it has none.
 */
export function minifloatEncoder(format: Minifloat): (value: number) => number {
  const signBit = 1 << (format.exponentBits + format.mantissaBits);
  const decoded = Array.from({ length: signBit }, (_, code) => decodeMinifloat(format, code));
  const finite = decoded.filter(Number.isFinite);
  const last = finite.length - 1;
  const nan = format.special === "fnuz" ? signBit : decoded.findIndex(Number.isNaN);
  const overflow = format.special === "ieee" ? last + 1 : last;
  // The first number that would round up to what is not there.
  const bound = finite[last] + (finite[last] - finite[last - 1]) / 2;
  return (value) => {
    if (Number.isNaN(value)) return nan;
    const magnitude = Math.abs(value);
    let code = overflow;
    if (magnitude < bound) {
      // Codes rise with their numbers: the last one that is not larger.
      let [low, high] = [0, last];
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (finite[middle] <= magnitude) low = middle;
        else high = middle - 1;
      }
      code = low;
      const [below, above] = [magnitude - finite[low], finite[Math.min(low + 1, last)] - magnitude];
      if (low < last && (above < below || (above === below && low % 2 === 1))) code = low + 1;
    }
    const negative = value < 0 || Object.is(value, -0);
    return negative && !(format.special === "fnuz" && code === 0) ? code | signBit : code;
  };
}
