/** The scalar operations on four lanes. */
import type { ComputeDType } from "../../../dtype.ts";
import type { ScalarOp } from "../../../plan/expr.ts";
import type { FunctionBuilder, Value, Vector } from "../emit/index.ts";
import { f32x4, i32, i32x4, select, v128 } from "../emit/index.ts";
import type { Emission } from "./emission.ts";
import { erf, exp, expm1, sigmoid, tanh } from "./exponential.ts";
import { logarithm, pow } from "./logarithm.ts";
import { copySign, madd } from "./polynomial.ts";
import { remainder } from "./remainder.ts";
import { atan2, cos, sin } from "./trigonometry.ts";

/** An operation with its surroundings. */
export interface Operation extends Emission {
  readonly dtype: ComputeDType;
  /** Type of the last input. */
  readonly from: ComputeDType;
  /** The second input where it is a constant (its bits). */
  readonly constant: number | null;
  /** Whether the second input is the same in all lanes. */
  readonly uniform: boolean;
}

type Rule = (o: Operation, a: Vector, b: Vector, c: Vector) => Vector;

const rules: Readonly<Record<ScalarOp, Rule>> = {
  add: byType(f32x4.add, i32x4.add),
  sub: byType(f32x4.sub, i32x4.sub),
  mul: byType(f32x4.mul, i32x4.mul),
  div: (_, a, b) => f32x4.div(a, b),
  neg: byType(f32x4.neg, i32x4.neg),
  abs: byType(f32x4.abs, i32x4.abs),
  // A bool's lanes of ones are the largest unsigned number.
  min: byType(f32x4.min, i32x4.minS, i32x4.minU),
  max: byType(f32x4.max, i32x4.maxS, i32x4.maxU),
  mulAdd: madd,
  sqrt: (_, a) => f32x4.sqrt(a),
  exp,
  expm1,
  log: (o, a) => logarithm(o, a, Math.LN2),
  log2: (o, a) => logarithm(o, a, 1),
  log10: (o, a) => logarithm(o, a, Math.log10(2)),
  pow,
  sin,
  cos,
  atan2,
  tanh,
  sigmoid,
  erf,
  floor: (_, a) => f32x4.floor(a),
  ceil: (_, a) => f32x4.ceil(a),
  round: (_, a) => f32x4.nearest(a),
  copySign,
  rem: remainder,
  floorDiv: (o, a, b) => {
    const bits = powerOfTwo(o.constant);
    return bits === null ? lanewise(o.f, a, b, (x, y) => divide(o.f, x, y).quotient) : i32x4.shrS(a, bits);
  },
  mod: (o, a, b) => {
    const bits = powerOfTwo(o.constant);
    return bits === null
      ? lanewise(o.f, a, b, (x, y) => divide(o.f, x, y).remainder)
      : v128.and(a, o.constants.int((1 << bits) - 1));
  },
  bitAnd: (_, a, b) => v128.and(a, b),
  bitOr: (_, a, b) => v128.or(a, b),
  bitXor: (_, a, b) => v128.xor(a, b),
  shiftLeft: (o, a, b) => shift(o, a, b, i32x4.shl, i32.shl),
  shiftRight: (o, a, b) => shift(o, a, b, i32x4.shrU, i32.shrU),
  eq: compare(f32x4.eq, i32x4.eq, i32x4.eq),
  ne: compare(f32x4.ne, i32x4.ne, i32x4.ne),
  lt: compare(f32x4.lt, i32x4.ltS, i32x4.ltU),
  le: compare(f32x4.le, i32x4.leS, i32x4.leU),
  gt: compare(f32x4.gt, i32x4.gtS, i32x4.gtU),
  ge: compare(f32x4.ge, i32x4.geS, i32x4.geU),
  and: (_, a, b) => v128.and(a, b),
  or: (_, a, b) => v128.or(a, b),
  not: (_, a) => v128.not(a),
  select: (_, condition, a, b) => v128.bitselect(a, b, condition),
  cast,
  bitcast: (_, a) => a,
};

/** The operation on its inputs. */
export function applyScalar(op: ScalarOp, operation: Operation, inputs: readonly Vector[]): Vector {
  return rules[op](operation, inputs[0], inputs[1], inputs[2]);
}

type Binary = (a: Vector, b: Vector) => Vector;

function byType(float: Binary, int: Binary, bool: Binary = int): Rule {
  return ({ dtype }, a, b) => (dtype === "float32" ? float : dtype === "bool" ? bool : int)(a, b);
}

function compare(float: Binary, int: Binary, bool: Binary): Rule {
  return ({ from }, a, b) => (from === "float32" ? float : from === "bool" ? bool : int)(a, b);
}

function cast({ from, dtype, constants }: Operation, a: Vector): Vector {
  if (from === dtype) return a;
  if (dtype === "bool") return from === "int32" ? i32x4.ne(a, constants.int(0)) : f32x4.ne(a, constants.float(0));
  if (from === "bool") return v128.and(a, dtype === "int32" ? constants.int(1) : constants.float(1));
  return dtype === "int32" ? i32x4.truncSatF32x4S(a) : f32x4.convertI32x4S(a);
}

type Scalar = Value<"i32">;

function shift(
  { f, constant, uniform }: Operation,
  a: Vector,
  b: Vector,
  all: (a: Vector, bits: Scalar | number) => Vector,
  one: (a: Scalar, b: Scalar) => Scalar,
): Vector {
  if (constant !== null) return all(a, constant);
  return uniform ? all(a, i32x4.extractLane(b, 0)) : lanewise(f, a, b, one);
}

/** Lane by lane, for what has no vector instruction. */
function lanewise(f: FunctionBuilder, a: Vector, b: Vector, op: (a: Scalar, b: Scalar) => Scalar): Vector {
  const x = f.let(a);
  const y = f.let(b);
  const result = f.let(i32x4.splat(op(i32x4.extractLane(x, 0), i32x4.extractLane(y, 0))));
  for (let lane = 1; lane < 4; lane++) {
    f.set(result, i32x4.replaceLane(result, lane, op(i32x4.extractLane(x, lane), i32x4.extractLane(y, lane))));
  }
  return result;
}

/** Rounded to minus infinity; 0 where the divisor is 0. */
function divide(f: FunctionBuilder, dividend: Scalar, divisor: Scalar): { quotient: Scalar; remainder: Scalar } {
  const a = f.let(dividend);
  const b = f.let(divisor);
  // Dividing by 0 and the smallest integer by −1 would trap.
  const special = i32.leU(i32.add(b, 1), 1);
  const by = f.let(select(special, i32.const(1), b));
  const rest = f.let(i32.remS(a, by));
  const wrong = f.let(i32.and(i32.ne(rest, 0), i32.ltS(i32.xor(rest, by), 0)));
  const rounded = i32.sub(i32.divS(a, by), wrong);
  const quotient = f.let(select(special, i32.mul(a, b), rounded));
  return { quotient, remainder: i32.add(rest, i32.mul(wrong, by)) };
}

/** log₂ of a positive power of two, else `null`. */
function powerOfTwo(value: number | null): number | null {
  if (value === null || value <= 0 || (value & (value - 1)) !== 0) return null;
  return 31 - Math.clz32(value);
}
