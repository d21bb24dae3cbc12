import { checkOptions } from "@tsuki/core";
import { checkNumber } from "./checks.ts";
import { checkRising, fraction, halfCosine, line } from "./curves.ts";
import type { Schedule } from "./schedules.ts";

export interface MoonlightScheduleOptions {
  /** Learning rate at the end of stage 1; default: 4.2e-4. */
  readonly peak?: number;
  /** At the end of stage 2; default: 4.2e-5. */
  readonly final?: number;
  /** The highest of stage 3; default: 1e-4. */
  readonly cooldownPeak?: number;
  /** End of stage 1, the linear rise from 0; default: 2,000 steps of 2048 sequences, in tokens. */
  readonly warmupEnd?: number;
  /** End of stage 2, the cosine; default: 5.2e12 tokens. */
  readonly cosineEnd?: number;
  /** End of the second rise, in stage 3; default: 100 steps of 4096 sequences later. */
  readonly cooldownRiseEnd?: number;
  /** End of stage 3, the linear fall to 0; default: 5.7e12 tokens. */
  readonly end?: number;
}

const name = "moonlightSchedule";
const optionNames = ["peak", "final", "cooldownPeak", "warmupEnd", "cosineEnd", "cooldownRiseEnd", "end"];

const contextLength = 8192;
/** Tokens of a step of 2048 sequences; 4096 sequences from step 12,000 on. */
const stepTokens = 2048 * contextLength;
const doubledAt = 12_000;

/**
 * The three stages of Moonlight's pretraining (arXiv 2502.16982 §3.3): a linear rise to the peak, a cosine down to a tenth
 * of it, and a cooldown that rises again for a moment and falls to 0.
 *
 * @returns A function of the tokens seen so far: `schedule(moonlightTokens(step))`. The boundaries may as well be given in
 *   steps, all four of them; then it is a function of steps.
 */
export function moonlightSchedule(options: MoonlightScheduleOptions = {}): Schedule {
  checkOptions(name, options, ...optionNames);
  const { peak = 4.2e-4, final = 4.2e-5, cooldownPeak = 1e-4 } = options;
  const { warmupEnd = 2000 * stepTokens, cosineEnd = 5.2e12, end = 5.7e12 } = options;
  const { cooldownRiseEnd = cosineEnd + 100 * 2 * stepTokens } = options;
  for (const [option, rate] of Object.entries({ peak, final, cooldownPeak })) checkNumber(name, option, rate);
  checkRising(name, { start: 0, warmupEnd, cosineEnd, cooldownRiseEnd, end });
  return (at) => {
    if (at < warmupEnd) return line(0, peak, fraction(at, 0, warmupEnd));
    if (at < cosineEnd) return line(peak, final, halfCosine(fraction(at, warmupEnd, cosineEnd)));
    if (at < cooldownRiseEnd) return line(final, cooldownPeak, fraction(at, cosineEnd, cooldownRiseEnd));
    return line(cooldownPeak, 0, fraction(at, cooldownRiseEnd, end));
  };
}

/** Tokens that Moonlight had seen before a step: 2048 sequences of 8192 a step, 4096 from step 12,000 (201B tokens) on. */
export function moonlightTokens(step: number): number {
  return stepTokens * (step + Math.max(0, step - doubledAt));
}
