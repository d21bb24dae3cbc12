import { ArgumentError, defaultGenerator, type Generator, type Tensor, where } from "@tsuki/core";
import { Module } from "./module.ts";

/** Each entry is 0 with probability p, else x / (1 − p); a gradient passes where x does. 0 ≤ p < 1. */
export function dropout(x: Tensor, p: number, generator: Generator = defaultGenerator): Tensor {
  checkProbability(p);
  return where(generator.bernoulli(x.shape, 1 - p), x.div(1 - p), 0);
}

/** `dropout` in training; the input itself in inference mode, and where p = 0. */
export class Dropout extends Module<[x: Tensor], Tensor> {
  readonly p: number;
  readonly generator: Generator;

  constructor({ p, generator = defaultGenerator }: { readonly p: number; readonly generator?: Generator }) {
    super();
    checkProbability(p);
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
