import ops from "ndarray-ops";
import type { TypedArray } from "../../dtype.ts";
import type { ScalarOp } from "../../plan/expr.ts";
import { flat, type Strided } from "./arrays.ts";

/**
 * Fills `out` with the operation on arrays of one axis and equal length. Results are rounded once, when they are stored
 * in an array of their type; integers wrap there.
 */
type Rule = (out: TypedArray, ...inputs: TypedArray[]) => void;

/**
 * The scalar operations on arrays: `ndarray-ops` where it has them, loops where it has not.
 *
 * - `mulAdd` rounds twice: the product, then the sum.
 * - Elementary functions are `Math`'s in float64, then rounded; erf is a series.
 * - Shifts take their count modulo 32, as JavaScript's do.
 */
export const scalarOps: Readonly<Record<ScalarOp, Rule>> = {
  add: binary(ops.add),
  sub: binary(ops.sub),
  mul: (out, a, b) => (out instanceof Int32Array ? each(Math.imul)(out, a, b) : binary(ops.mul)(out, a, b)),
  div: binary(ops.div),
  neg: unary(ops.neg),
  abs: unary(ops.abs),
  min: binary(ops.min),
  max: binary(ops.max),
  mulAdd: (out, a, b, c) => {
    ops.mul(flat(out), flat(a), flat(b));
    ops.addeq(flat(out), flat(c));
  },
  sqrt: unary(ops.sqrt),
  exp: unary(ops.exp),
  expm1: each(Math.expm1),
  log: unary(ops.log),
  log2: each(Math.log2),
  log10: each(Math.log10),
  pow: each(pow),
  sin: unary(ops.sin),
  cos: unary(ops.cos),
  atan2: each(Math.atan2),
  tanh: each(Math.tanh),
  sigmoid: each(sigmoid),
  erf: each(erf),
  floor: unary(ops.floor),
  ceil: unary(ops.ceil),
  round: each(roundHalfToEven),
  copySign: each((a, b) => (isNegative(b) ? -Math.abs(a) : Math.abs(a))),
  rem: each((a, b) => a % b),
  floorDiv: each((a, b) => (b === 0 ? 0 : Math.floor(a / b))),
  mod: each((a, b) => (b === 0 ? 0 : a - Math.floor(a / b) * b)),
  bitAnd: binary(ops.band),
  bitOr: binary(ops.bor),
  bitXor: binary(ops.bxor),
  shiftLeft: binary(ops.lshift),
  shiftRight: binary(ops.rrshift),
  eq: binary(ops.eq),
  ne: binary(ops.neq),
  lt: binary(ops.lt),
  le: binary(ops.leq),
  gt: binary(ops.gt),
  ge: binary(ops.geq),
  and: binary(ops.and),
  or: binary(ops.or),
  not: unary(ops.not),
  select: each((condition, a, b) => (condition !== 0 ? a : b)),
  cast,
  bitcast: (out, a) => bytes(out).set(bytes(a)),
};

function unary(op: (out: Strided, a: Strided) => unknown): Rule {
  return (out, a) => op(flat(out), flat(a));
}

function binary(op: (out: Strided, a: Strided, b: Strided) => unknown): Rule {
  return (out, a, b) => op(flat(out), flat(a), flat(b));
}

/** A loop over the elements of up to three inputs. */
function each(f: (a: number, b: number, c: number) => number): Rule {
  return (out, a, b = a, c = a) => {
    for (let i = 0; i < out.length; i++) out[i] = f(a[i], b[i], c[i]);
  };
}

/** 1 / (1 + e⁻ˣ), without overflow of the exponential. */
function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** xʸ with C's edges: JavaScript has NaN for 1^NaN, 1^±∞ and (−1)^±∞. */
function pow(x: number, y: number): number {
  return x === 1 || (x === -1 && Math.abs(y) === Number.POSITIVE_INFINITY) ? 1 : x ** y;
}

/** erf x = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!, whose terms have one sign; beyond 6 it is ±1. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  const square = x * x;
  let sum = x;
  for (let n = 1, term = x; Math.abs(term) > Math.abs(sum) * 2 ** -54; n++) {
    term *= (2 * square) / (2 * n + 1);
    sum += term;
  }
  const value = (2 / Math.sqrt(Math.PI)) * Math.exp(-square) * sum;
  return Math.max(-1, Math.min(value, 1));
}

function isNegative(x: number): boolean {
  return x < 0 || Object.is(x, -0);
}

/** Adding 2⁵² leaves no place for a fraction: it rounds to nearest, ties to even. Keeps the sign of zero. */
function roundHalfToEven(x: number): number {
  const magnitude = Math.abs(x);
  if (!(magnitude < 2 ** 52)) return x;
  const rounded = magnitude + 2 ** 52 - 2 ** 52;
  return isNegative(x) ? -rounded : rounded;
}

function cast(out: TypedArray, a: TypedArray): void {
  if (out instanceof Uint8Array) ops.neqs(flat(out), flat(a), 0);
  else if (out instanceof Int32Array) each(toInt32)(out, a);
  else ops.assign(flat(out), flat(a));
}

/** Truncates and saturates; NaN gives 0. */
function toInt32(x: number): number {
  if (Number.isNaN(x)) return 0;
  return Math.trunc(Math.min(Math.max(x, -2147483648), 2147483647));
}

function bytes(array: TypedArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
