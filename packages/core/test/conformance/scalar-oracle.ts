import type { ComputeDType } from "../../src/dtype.ts";
import type { ScalarOp } from "../../src/plan/expr.ts";

export function rounded(value: number, dtype: ComputeDType): number {
  return dtype === "float32" ? Math.fround(value) : value;
}

/** One scalar operation on numbers; integers by exact whole-number arithmetic modulo 2³². */
export function scalar(
  op: ScalarOp,
  dtype: ComputeDType,
  inputs: readonly number[],
  from: ComputeDType = dtype,
): number {
  const [x, y, z] = inputs;
  if (op === "cast") return cast(x, dtype, from);
  if (op === "bitcast") {
    const view = new DataView(new ArrayBuffer(4));
    if (from === "float32") view.setFloat32(0, x);
    else view.setInt32(0, x);
    return dtype === "float32" ? view.getFloat32(0) : view.getInt32(0);
  }
  if (op === "select") return x === 1 ? y : z;
  if (dtype === "bool") return Number(truth[op]!(x, y));
  if (dtype === "int32") return Number(BigInt.asIntN(32, whole[op]!(BigInt(x), BigInt(y ?? 0))));
  if (op === "mulAdd") return rounded(rounded(x * y, dtype) + z, dtype);
  return rounded(float[op]!(x, y), dtype);
}

function cast(x: number, to: ComputeDType, from: ComputeDType): number {
  if (to === "bool") return x === 0 ? 0 : 1;
  if (to !== "int32" || from === "bool") return rounded(x, to);
  if (Number.isNaN(x)) return 0;
  if (x <= -(2 ** 31)) return -(2 ** 31);
  return x >= 2 ** 31 ? 2 ** 31 - 1 : x - (x % 1) + 0;
}

type Table<T> = Partial<Record<ScalarOp, (x: T, y: T) => T>>;

const truth: Partial<Record<ScalarOp, (x: number, y: number) => boolean>> = {
  eq: (x, y) => x === y,
  ne: (x, y) => x !== y,
  lt: (x, y) => x < y,
  le: (x, y) => x <= y,
  gt: (x, y) => x > y,
  ge: (x, y) => x >= y,
  and: (x, y) => x + y === 2,
  or: (x, y) => x + y > 0,
  not: (x) => x === 0,
};

/** The largest whole number that, times y, does not exceed x (for positive y). */
function floorDiv(x: bigint, y: bigint): bigint {
  if (y === 0n) return 0n;
  const quotient = x / y;
  return x % y !== 0n && x < 0n !== y < 0n ? quotient - 1n : quotient;
}

const whole: Table<bigint> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  neg: (x) => -x,
  abs: (x) => (x < 0n ? -x : x),
  min: (x, y) => (x - y < 0n ? x : y),
  max: (x, y) => (x - y > 0n ? x : y),
  floorDiv,
  mod: (x, y) => (y === 0n ? 0n : x - floorDiv(x, y) * y),
  bitAnd: (x, y) => x & y,
  bitOr: (x, y) => x | y,
  bitXor: (x, y) => x ^ y,
  shiftLeft: (x, y) => x << y,
  shiftRight: (x, y) => BigInt.asUintN(32, x) >> y,
};

/** C's powers of ±1, where JavaScript has others. */
function powerOfUnit(x: number, y: number): number {
  if (x === 1) return 1;
  if (Number.isNaN(y)) return NaN;
  if (!Number.isFinite(y)) return 1;
  return y % 1 !== 0 ? NaN : y % 2 === 0 ? 1 : -1;
}

/** erf as Maclaurin's series, from 2 on as 1 − erfc by its continued fraction. */
function erf(x: number): number {
  if (!(Math.abs(x) < 2)) return Number.isNaN(x) ? x : Math.sign(x) * (1 - erfc(Math.abs(x)));
  let [sum, power] = [x, x];
  for (let n = 1; n < 60; n++) {
    power *= (-x * x) / n;
    sum += power / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

function erfc(x: number): number {
  if (x > 30) return 0;
  let fraction = x;
  for (let n = 200; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}

const float: Table<number> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  neg: (x) => -x,
  abs: Math.abs,
  min: (x, y) => Math.min(x, y),
  max: (x, y) => Math.max(x, y),
  sqrt: Math.sqrt,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  pow: (x, y) => (Math.abs(x) === 1 ? powerOfUnit(x, y) : x ** y),
  sin: Math.sin,
  cos: Math.cos,
  atan2: Math.atan2,
  tanh: Math.tanh,
  sigmoid: (x) => (x > -700 ? 1 / (1 + Math.exp(-x)) : Math.exp(x)),
  erf,
  copySign: (x, y) => (y < 0 || 1 / y < 0 ? -Math.abs(x) : Math.abs(x)),
  rem: (x, y) => x % y,
  floor: Math.floor,
  ceil: Math.ceil,
  round: (x) => {
    if (x % 1 === 0 || !Number.isFinite(x)) return x;
    const below = Math.floor(x);
    const nearest = x - below === 0.5 ? below + Math.abs(below % 2) : Math.round(x);
    return nearest === 0 && x < 0 ? -0 : nearest;
  },
};
