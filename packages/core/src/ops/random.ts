import { type DType, dtypes, isFloat } from "../dtype.ts";
import { ArgumentError, DTypeError } from "../errors.ts";
import { numberLeaf } from "../graph/leaves.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Expr } from "../plan/expr.ts";
import type { Value } from "../plan/value.ts";
import { add, mul } from "./arithmetic.ts";
import { build, checkCount, checkOptions, defaultFloat, shown } from "./build.ts";
import { lt } from "./comparison.ts";
import { cast } from "./conversion.ts";
import { checkShape } from "./creation.ts";
import { normalFromUniform } from "./normal-distribution.ts";
import { belowRange, ints, threefry, unitInterval } from "./random-bits.ts";
import { argsort } from "./sorting.ts";

/** A random op: inputs are the key (two words), the node's counter and the op's own; the element's place counts too. */
function randomOp(name: string, finish: (bits: Expr, ...own: Expr[]) => Expr): Op<readonly number[]> {
  return defineOp<readonly number[]>({
    name,
    key: (shape) => shape,
    lower: (l, [k0, k1, counter, ...own], shape): Value[] => {
      const bits = threefry(k0.expr, k1.expr, l.linearIndex(shape).expr, counter.expr);
      return [{ shape, expr: finish(bits, ...own.map(({ expr }) => expr)) }];
    },
  });
}

const bitsOp = randomOp("permutation", (bits) => bits);
const uniformOp = randomOp("uniform", unitInterval);
const normalOp = randomOp("normal", (bits) => normalFromUniform(unitInterval(bits)));
const randintOp = randomOp("randint", (bits, low, range) => ints("add", low, belowRange(bits, range)));

export interface UniformOptions {
  /** Default 0. */
  readonly low?: number;
  /** Default 1. */
  readonly high?: number;
  /** Default: the default float type. */
  readonly dtype?: "float32" | "float64";
}

export interface NormalOptions {
  /** Default 0. */
  readonly mean?: number;
  /** Default 1. */
  readonly std?: number;
  /** Default: the default float type. */
  readonly dtype?: "float32" | "float64";
}

export interface RandintOptions {
  /** Default 0. */
  readonly low?: number;
  /** One more than the largest; high − low < 2³². */
  readonly high: number;
}

/** Where the random numbers come from. */
export interface RandomSource {
  /** Default: the default generator. */
  readonly generator?: Generator;
}

/**
 * A source of random numbers: a seed and a counter. Every tensor takes the next counter when it is built, so that the same
 * program draws the same numbers, however it is cut into plans. Shapes are structure; seed, counter and bounds are data.
 */
export class Generator {
  #seed: number;
  #counter = 0;

  /** `seed`: a whole number in [0, 2⁵³). */
  constructor(seed: number) {
    this.#seed = checkWord("seed", seed);
  }

  /** Uniform in [low, high), up to the rounding of float32; 24 random bits each. */
  uniform(shape: readonly number[], options: UniformOptions = {}): Tensor {
    checkOptions("uniform", options, "low", "high", "dtype", "generator");
    const { low = 0, high = 1 } = options;
    if (!(low <= high)) throw new ArgumentError(`uniform: low ≤ high is needed, not ${low} and ${high}`);
    const given = options.low !== undefined || options.high !== undefined;
    const unit = this.#draw(uniformOp, shape);
    return cast(given ? add(mul(unit, high - low), low) : unit, floatOf("uniform", options));
  }

  /** Normally distributed, with the precision of float32. */
  normal(shape: readonly number[], options: NormalOptions = {}): Tensor {
    checkOptions("normal", options, "mean", "std", "dtype", "generator");
    const { mean = 0, std = 1 } = options;
    if (!(std >= 0) || Number.isNaN(mean)) {
      throw new ArgumentError(`normal: a mean and a std ≥ 0 are needed, not ${mean} and ${std}`);
    }
    const given = options.mean !== undefined || options.std !== undefined;
    const standard = this.#draw(normalOp, shape);
    return cast(given ? add(mul(standard, std), mean) : standard, floatOf("normal", options));
  }

  /** True with probability p. */
  bernoulli(shape: readonly number[], p: number): Tensor {
    if (!(p >= 0 && p <= 1)) throw new ArgumentError(`bernoulli: p is a number in [0, 1], not ${p}`);
    checkShape("bernoulli", shape);
    return lt(this.#draw(uniformOp, shape), p);
  }

  /** Whole numbers (int32) in [low, high), equally likely but for a part of (high − low) / 2³². */
  randint(shape: readonly number[], options: RandintOptions): Tensor {
    checkOptions("randint", options, "high", "low", "generator");
    const { low = 0, high } = options;
    const range = high - low;
    if (low !== (low | 0) || !Number.isInteger(high) || !(range > 0 && range < 2 ** 32 && high <= 2 ** 31)) {
      throw new ArgumentError(
        `randint: int32 numbers low < high with high − low < 2^32 are needed, not ${low} and ${high}`,
      );
    }
    return this.#draw(randintOp, shape, [low, range | 0]);
  }

  /** The numbers 0 … n − 1 (int32) in random order: the places of sorted random words. */
  permutation(n: number): Tensor {
    checkCount("permutation", "n", n);
    return argsort(this.#draw(bitsOp, [n], []));
  }

  /** What a checkpoint needs. */
  state(): { seed: number; counter: number } {
    return { seed: this.#seed, counter: this.#counter };
  }

  restore(state: { readonly seed: number; readonly counter: number }): void {
    [this.#seed, this.#counter] = [checkWord("seed", state.seed), checkWord("counter", state.counter)];
  }

  /** Draws floats; with numbers of the op's own, integers. */
  #draw(op: Op<readonly number[]>, shape: readonly number[], own?: readonly number[]): Tensor {
    checkShape(op.name, shape);
    const words = [this.#seed | 0, Math.floor(this.#seed / 2 ** 32) | 0, this.#counter++ | 0, ...(own ?? [])];
    const inputs = words.map((word) => numberLeaf(word, "int32"));
    return build(op, inputs, [...shape], { shape: [...shape], dtype: own ? "int32" : "float32" });
  }
}

function checkWord(name: string, word: number): number {
  if (Number.isSafeInteger(word) && word >= 0) return word;
  throw new ArgumentError(`Generator: ${name} is a whole number in [0, 2^53), not ${shown(word)}`);
}

function floatOf(op: string, { dtype = defaultFloat() }: UniformOptions): DType {
  if (Object.hasOwn(dtypes, dtype) && isFloat(dtype)) return dtype;
  throw new DTypeError(`${op}: dtype is a float type, not ${shown(dtype)}`);
}

/** The generator that is used where none is given. */
export const defaultGenerator: Generator = new Generator(0);

/** Starts the default generator anew. */
export function manualSeed(seed: number): void {
  defaultGenerator.restore({ seed, counter: 0 });
}

function from(op: string, options: RandomSource | undefined): Generator {
  const { generator = defaultGenerator } = options ?? {};
  if (generator instanceof Generator) return generator;
  throw new ArgumentError(`${op}: generator is a Generator, not ${shown(generator)}`);
}

/** `Generator.uniform` of the given or the default generator. */
export function uniform(shape: readonly number[], options: UniformOptions & RandomSource = {}): Tensor {
  return from("uniform", options).uniform(shape, options);
}

/** `Generator.normal` of the given or the default generator. */
export function normal(shape: readonly number[], options: NormalOptions & RandomSource = {}): Tensor {
  return from("normal", options).normal(shape, options);
}

/** `Generator.bernoulli` of the given or the default generator. */
export function bernoulli(shape: readonly number[], p: number, options: RandomSource = {}): Tensor {
  checkOptions("bernoulli", options, "generator");
  return from("bernoulli", options).bernoulli(shape, p);
}

/** `Generator.randint` of the given or the default generator. */
export function randint(shape: readonly number[], options: RandintOptions & RandomSource): Tensor {
  return from("randint", options).randint(shape, options);
}

/** `Generator.permutation` of the given or the default generator. */
export function permutation(n: number, options: RandomSource = {}): Tensor {
  checkOptions("permutation", options, "generator");
  return from("permutation", options).permutation(n);
}
