import { ArgumentError, checkOptions, defaultGenerator, type Generator, type Tensor, where } from "@tsuki/core";
import { checkGenerator } from "./checks.ts";
import { Module } from "./module.ts";

/** Each entry is 0 with probability p, else x / (1 − p); a gradient passes where x does. 0 ≤ p < 1. */
export function dropout(x: Tensor, p: number, generator: Generator = defaultGenerator): Tensor {
  checkProbability(p);
  checkGenerator("dropout", generator);
  return where(generator.bernoulli(x.shape, 1 - p), x.div(1 - p), 0);
}

/** `dropout` in training; the input itself in inference mode, and where p = 0. */
export class Dropout extends Module<[x: Tensor], Tensor> {
  readonly p: number;
  readonly generator: Generator;

  constructor(options: { readonly p: number; readonly generator?: Generator }) {
    super();
    checkOptions("Dropout", options, "p", "generator");
    const { p, generator = defaultGenerator } = options;
    checkProbability(p);
    checkGenerator("Dropout", generator);
    this.p = p;
    this.generator = generator;
  }

  forward(x: Tensor): Tensor {
    return this.training && this.p > 0 ? dropout(x, this.p, this.generator) : x;
  }
}

/** @throws ArgumentError for a p outside of [0, 1). */
export function checkProbability(p: number): void {
  if (!(p >= 0 && p < 1)) throw new ArgumentError(`dropout: 0 ≤ p < 1 is needed, not ${p}`);
}
