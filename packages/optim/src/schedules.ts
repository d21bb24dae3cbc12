import { checkOptions } from "@tsuki/core";
import { checkChoice, checkCount, checkNumber } from "./checks.ts";
import { checkRising, fraction, halfCosine, line } from "./curves.ts";

/** A pure function from the number of steps taken so far (0 at the first) to the learning rate, or another number. */
export type Schedule = (step: number) => number;

/** The same learning rate for ever. */
export function constant(lr: number): Schedule {
  return () => lr;
}

export interface WarmupOptions {
  readonly peak: number;
  /** Steps of the linear rise from 0 to the peak: lr = peak · step / warmupSteps, 0 at the first step. */
  readonly warmupSteps: number;
}

export interface WarmupDecayOptions extends WarmupOptions {
  /** Steps after which `final` is reached, which then stays. */
  readonly totalSteps: number;
  /** Default: 0. */
  readonly final?: number;
}

const warmupDecay = ["peak", "warmupSteps", "totalSteps", "final"];

/**
 * A linear rise, then half a cosine down to `final`: lr = final + (peak − final) · (1 + cos(π·t)) / 2 with
 * t = (step − warmupSteps) / (totalSteps − warmupSteps).
 */
export function warmupCosine(options: WarmupDecayOptions): Schedule {
  checkOptions("warmupCosine", options, ...warmupDecay);
  return warmupThen("warmupCosine", options, halfCosine);
}

/** A linear rise, then a linear fall: lr = final + (peak − final) · (1 − t), t as in `warmupCosine`. */
export function warmupLinear(options: WarmupDecayOptions): Schedule {
  checkOptions("warmupLinear", options, ...warmupDecay);
  return warmupThen("warmupLinear", options, (t) => t);
}

export interface WarmupPolynomialOptions extends WarmupDecayOptions {
  /** 1: linear; default: 2. */
  readonly power?: number;
}

/** A linear rise, then a power of the rest of the way: lr = final + (peak − final) · (1 − t)ᵖᵒʷᵉʳ, t as above. */
export function warmupPolynomial(options: WarmupPolynomialOptions): Schedule {
  const { power = 2 } = options;
  checkOptions("warmupPolynomial", options, ...warmupDecay, "power");
  checkNumber("warmupPolynomial", "power", power);
  return warmupThen("warmupPolynomial", options, (t) => 1 - (1 - t) ** power);
}

/** How far the rate has fallen at the fraction t of a decay. */
const decayShapes: Readonly<Record<"linear" | "cosine" | "1-sqrt", (t: number) => number>> = {
  linear: (t) => t,
  cosine: halfCosine,
  "1-sqrt": Math.sqrt,
};

export interface WarmupStableDecayOptions extends WarmupDecayOptions {
  /** Steps of the decay, the last ones of `totalSteps`. */
  readonly decaySteps: number;
  /** Default: `"linear"`. */
  readonly decay?: keyof typeof decayShapes;
}

/**
 * A linear rise to the peak, the peak for as long as one likes, and a short decay (WSD: MiniCPM, arXiv 2404.06395):
 * lr = final + (peak − final) · s(t) with t the way through the last `decaySteps`, and s(t) = 1 − t, (1 + cos(π·t)) / 2
 * or 1 − √t (Hägele et al., arXiv 2405.18392). Training may be prolonged from any step before the decay.
 */
export function warmupStableDecay(options: WarmupStableDecayOptions): Schedule {
  const name = "warmupStableDecay";
  const { decaySteps, decay = "linear" } = options;
  checkOptions(name, options, ...warmupDecay, "decaySteps", "decay");
  checkNumber(name, "decaySteps", decaySteps);
  checkChoice<string>(name, "decay", decay, Object.keys(decayShapes));
  return warmupThen(name, options, decayShapes[decay], decaySteps);
}

/**
 * A linear rise of at least one step, then a fall without an end: lr = peak · √(warmupSteps / step) (arXiv 1706.03762
 * §5.3).
 */
export function warmupInverseSqrt(options: WarmupOptions): Schedule {
  const { peak, warmupSteps } = options;
  checkOptions("warmupInverseSqrt", options, "peak", "warmupSteps");
  checkNumber("warmupInverseSqrt", "peak", peak);
  checkCount("warmupInverseSqrt", "warmupSteps", warmupSteps, 1);
  return (step) => (step < warmupSteps ? line(0, peak, step / warmupSteps) : peak * Math.sqrt(warmupSteps / step));
}

/** The rise, the peak until `decaySteps` before the end, and a way down: `fallen` says how far at the fraction t of it. */
function warmupThen(
  name: string,
  { peak, warmupSteps, totalSteps, final = 0 }: WarmupDecayOptions,
  fallen: (t: number) => number,
  decaySteps: number = totalSteps - warmupSteps,
): Schedule {
  checkNumber(name, "peak", peak);
  checkNumber(name, "final", final);
  checkRising(name, { start: 0, warmupSteps, totalSteps });
  const decayStart = totalSteps - decaySteps;
  checkRising(name, { warmupSteps, "totalSteps − decaySteps": decayStart });
  return (step) => {
    if (step < warmupSteps) return line(0, peak, step / warmupSteps);
    return step < decayStart ? peak : line(peak, final, fallen(fraction(step, decayStart, totalSteps)));
  };
}
