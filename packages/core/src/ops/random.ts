import { ArgumentError } from "../errors.ts";
import { numberLeaf } from "../graph/leaves.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor } from "../graph/tensor.ts";
import { apply, constant, type Expr } from "../plan/expr.ts";
import type { Value } from "../plan/value.ts";
import { add, mul } from "./arithmetic.ts";
import { build } from "./build.ts";
import { lt } from "./comparison.ts";
import { checkShape } from "./creation.ts";

const int = (value: number): Expr => constant(value, "int32");
const float = (value: number): Expr => constant(value, "float32");
const ints = (op: "add" | "sub" | "bitAnd" | "bitOr" | "bitXor" | "shiftLeft" | "shiftRight", a: Expr, b: Expr): Expr =>
  apply(op, "int32", a, b);
const floats = (op: "add" | "sub" | "mul" | "div", a: Expr, b: Expr): Expr => apply(op, "float32", a, b);

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/**
 * The first word of Threefry 2×32 with 20 rounds (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3"): a block cipher of the counter (x0, x1) under the key (k0, k1).
 */
function threefry(k0: Expr, k1: Expr, counter0: Expr, counter1: Expr): Expr {
  const keys = [k0, k1, ints("bitXor", ints("bitXor", k0, k1), int(0x1bd11bda))];
  let x0 = ints("add", counter0, k0);
  let x1 = ints("add", counter1, k1);
  for (let group = 0; group < 5; group++) {
    for (const bits of rotations[group % 2]) {
      x0 = ints("add", x0, x1);
      x1 = ints("bitXor", ints("bitOr", ints("shiftLeft", x1, int(bits)), ints("shiftRight", x1, int(32 - bits))), x0);
    }
    x0 = ints("add", x0, keys[(group + 1) % 3]);
    x1 = ints("add", x1, ints("add", keys[(group + 2) % 3], int(group + 1)));
  }
  return x0;
}

/** 24 random bits as a float32 in [0, 1). */
function unitInterval(bits: Expr): Expr {
  const top = apply("cast", "float32", ints("shiftRight", bits, int(8)));
  return floats("mul", top, float(2 ** -24));
}

/** c₀·xⁿ + … + cₙ by plain float32 products and sums, in Horner's order. */
function polynomial(coefficients: readonly number[], x: Expr): Expr {
  return coefficients
    .slice(1)
    .reduce((sum, c) => floats("add", floats("mul", sum, x), float(c)), float(coefficients[0]));
}

/** log x for normal positive x by plain float32 operations: x = m·2ᵉ with m near 1, and a polynomial of m − 1 (Cephes). */
function plainLog(x: Expr): Expr {
  const bits = ints("sub", apply("bitcast", "int32", x), int(0x3f3504f3));
  const exponent = apply(
    "cast",
    "float32",
    ints("sub", ints("shiftRight", ints("add", bits, int(0x3f800000)), int(23)), int(127)),
  );
  const mantissa = ints("add", ints("bitAnd", bits, int(0x007fffff)), int(0x3f3504f3));
  const t = floats("sub", apply("bitcast", "float32", mantissa), float(1));
  const square = floats("mul", t, t);
  const tail = polynomial(
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
      2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
    t,
  );
  const cubic = floats("mul", floats("mul", t, square), tail);
  const low = floats("add", cubic, floats("mul", exponent, float(-2.1219444e-4)));
  const sum = floats("add", floats("sub", low, floats("mul", float(0.5), square)), t);
  return floats("add", sum, floats("mul", exponent, float(0.693359375)));
}

/**
 * A standard normal number from a uniform u in [0, 1): √2·erf⁻¹(2u − 1), the inverse error function by M. Giles'
 * single-precision polynomials ("Approximating the erfinv function").
 */
function normalFromUniform(u: Expr): Expr {
  // 2u − 1 moved by half a step: symmetric around 0, and never −1.
  const x = floats("add", floats("sub", floats("mul", u, float(2)), float(1)), float(2 ** -24));
  const w = apply("neg", "float32", plainLog(floats("mul", floats("sub", float(1), x), floats("add", float(1), x))));
  const centre = polynomial(
    [
      2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 2.1858087e-4, -1.25372503e-3, -4.17768164e-3,
      0.246640727, 1.50140941,
    ],
    floats("sub", w, float(2.5)),
  );
  const tails = polynomial(
    [
      -2.00214257e-4, 1.00950558e-4, 1.34934322e-3, -3.67342844e-3, 5.73950773e-3, -7.6224613e-3, 9.43887047e-3,
      1.00167406, 2.83297682,
    ],
    floats("sub", apply("sqrt", "float32", w), float(3)),
  );
  const p = apply("select", "float32", apply("lt", "bool", w, float(5)), centre, tails);
  return floats("mul", floats("mul", p, x), float(Math.SQRT2));
}

/** A random op: inputs are the key (two words) and the node's counter; the element's place is the other counter. */
function randomOp(name: string, finish: (bits: Expr) => Expr): Op<readonly number[]> {
  return defineOp<readonly number[]>({
    name,
    key: (shape) => shape,
    lower: (l, [k0, k1, counter], shape): Value[] => {
      const place = l.linearIndex(shape).expr;
      return [{ shape, expr: finish(threefry(k0.expr, k1.expr, place, counter.expr)) }];
    },
  });
}

const uniformOp = randomOp("uniform", unitInterval);
const normalOp = randomOp("normal", (bits) => normalFromUniform(unitInterval(bits)));

/**
 * A source of random numbers: a seed and a counter. Every tensor takes the next counter when it is built, so that the same
 * program draws the same numbers, however it is cut into plans.
 */
export class Generator {
  #seed: number;
  #counter = 0;

  /** `seed`: a whole number in [0, 2⁵³). */
  constructor(seed: number) {
    this.#seed = checkSeed(seed);
  }

  /** Uniform in [low, high), up to the rounding of float32; 24 random bits each. */
  uniform(shape: readonly number[], options: { readonly low?: number; readonly high?: number } = {}): Tensor {
    const unit = this.#draw(uniformOp, shape);
    if (options.low === undefined && options.high === undefined) return unit;
    const { low = 0, high = 1 } = options;
    return add(mul(unit, high - low), low);
  }

  /** Normally distributed. */
  normal(shape: readonly number[], options: { readonly mean?: number; readonly std?: number } = {}): Tensor {
    const standard = this.#draw(normalOp, shape);
    if (options.mean === undefined && options.std === undefined) return standard;
    const { mean = 0, std = 1 } = options;
    return add(mul(standard, std), mean);
  }

  /** True with probability p. */
  bernoulli(shape: readonly number[], p: number): Tensor {
    if (!(p >= 0 && p <= 1)) throw new ArgumentError(`bernoulli: p is a probability, not ${p}`);
    return lt(this.#draw(uniformOp, shape), p);
  }

  /** What a checkpoint needs. */
  state(): { seed: number; counter: number } {
    return { seed: this.#seed, counter: this.#counter };
  }

  restore(state: { readonly seed: number; readonly counter: number }): void {
    this.#seed = checkSeed(state.seed);
    this.#counter = state.counter;
  }

  #draw(op: Op<readonly number[]>, shape: readonly number[]): Tensor {
    checkShape(op.name, shape);
    const words = [this.#seed | 0, Math.floor(this.#seed / 2 ** 32) | 0, this.#counter++ | 0];
    const inputs = words.map((word) => numberLeaf(word, "int32"));
    return build(op, inputs, [...shape], { shape: [...shape], dtype: "float32" });
  }
}

function checkSeed(seed: number): number {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new ArgumentError(`a seed is a whole number in [0, 2^53), not ${seed}`);
  return seed;
}

/** The generator that is used where none is given. */
export const defaultGenerator: Generator = new Generator(0);

/** Starts the default generator anew. */
export function manualSeed(seed: number): void {
  defaultGenerator.restore({ seed: checkSeed(seed), counter: 0 });
}
