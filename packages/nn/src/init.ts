/** Initial values of parameters. */
import {
  checkOptions,
  defaultDtype,
  defaultGenerator,
  type Generator,
  ones as makeOnes,
  zeros as makeZeros,
  type Tensor,
} from "@tsuki/core";
import { checkGenerator } from "./checks.ts";

/** Makes the initial value of a parameter of a given shape, in the default float type. */
export type Initializer = (shape: readonly number[], generator?: Generator) => Tensor;

/** All 0. */
export const zeros: Initializer = (shape) => makeZeros(shape);

/** All 1. */
export const ones: Initializer = (shape) => makeOnes(shape);

/** Normally distributed. */
export function normal(options: { readonly mean?: number; readonly std?: number } = {}): Initializer {
  checkOptions("normal", options, "mean", "std");
  const { mean = 0, std = 1 } = options;
  return (shape, generator = defaultGenerator) => {
    checkGenerator("normal", generator);
    return generator.normal(shape, { mean, std }).cast(defaultDtype());
  };
}

/** Uniform in [low, high). */
export function uniform(options: { readonly low?: number; readonly high?: number } = {}): Initializer {
  checkOptions("uniform", options, "low", "high");
  const { low = 0, high = 1 } = options;
  return (shape, generator = defaultGenerator) => {
    checkGenerator("uniform", generator);
    return generator.uniform(shape, { low, high }).cast(defaultDtype());
  };
}

/**
 * Uniform in ±√(6 / ((1 + a²) · fanIn)), where fanIn is the last extent, that of the inputs (He et al., "Delving deep into
 * rectifiers"). The default a = √5 gives ±1/√fanIn, PyTorch's choice for linear layers.
 */
export function kaimingUniform(options: { readonly a?: number } = {}): Initializer {
  checkOptions("kaimingUniform", options, "a");
  const { a = Math.sqrt(5) } = options;
  return (shape, generator) => {
    const bound = Math.sqrt(6 / ((1 + a * a) * shape[shape.length - 1]));
    return uniform({ low: -bound, high: bound })(shape, generator);
  };
}
