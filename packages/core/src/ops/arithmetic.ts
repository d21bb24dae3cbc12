import { ArgumentError, DTypeError } from "../errors.ts";
import type { Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { binary, floatBinary, floatUnary, unary } from "./apply.ts";
import { asTensor, computeType, constantLike } from "./build.ts";
import { eq, ge, gt, lt, where } from "./comparison.ts";
import { elementwise } from "./elementwise.ts";
import { exp, log } from "./transcendental.ts";

const addOp: Op<null> = elementwise("add", "add", (g) => [g, g]);
const subOp: Op<null> = elementwise("sub", "sub", (g) => [g, neg(g)]);
const mulOp: Op<null> = elementwise("mul", "mul", (g, [a, b]) => [mul(g, b), mul(g, a)]);
const divOp: Op<null> = elementwise("div", "div", (g, [, b], y) => {
  const ofA = div(g, b);
  return [ofA, neg(mul(ofA, y))];
});
const negOp: Op<null> = elementwise("neg", "neg", (g) => [neg(g)]);
const absOp: Op<null> = elementwise("abs", "abs", (g, [x]) => [mul(g, sign(x))]);
const sqrtOp: Op<null> = elementwise("sqrt", "sqrt", (g, _inputs, y) => [div(g, add(y, y))]);
const floorOp: Op<null> = elementwise("floor", "floor");
const maximumOp: Op<null> = elementwise("maximum", "max", (g, [a, b]) => shareOfExtreme(g, gt(a, b), lt(a, b)));
const minimumOp: Op<null> = elementwise("minimum", "min", (g, [a, b]) => shareOfExtreme(g, lt(a, b), gt(a, b)));
const floorDivideOp: Op<null> = elementwise("floorDivide", "floorDiv");
const modOp: Op<null> = elementwise("mod", "mod");

/** a + b */
export function add(a: TensorLike, b: TensorLike): Tensor {
  return binary(addOp, a, b);
}

/** a − b */
export function sub(a: TensorLike, b: TensorLike): Tensor {
  return binary(subOp, a, b);
}

/** a · b, element by element. */
export function mul(a: TensorLike, b: TensorLike): Tensor {
  return binary(mulOp, a, b);
}

/** a / b; integers are divided as floats. */
export function div(a: TensorLike, b: TensorLike): Tensor {
  return floatBinary(divOp, a, b);
}

/** ⌊a / b⌋ of integers; by 0 gives 0 (NumPy). */
export function floorDivide(a: TensorLike, b: TensorLike): Tensor {
  return integer(floorDivideOp, a, b);
}

/** a − b·⌊a / b⌋ of integers: the sign of b; by 0 gives 0 (NumPy). */
export function mod(a: TensorLike, b: TensorLike): Tensor {
  return integer(modOp, a, b);
}

function integer(op: Op<null>, a: TensorLike, b: TensorLike): Tensor {
  const result = binary(op, a, b);
  if (result.dtype !== "int32") throw new DTypeError(`${op.name}: int32 operands are needed, not ${result.dtype}`);
  return result;
}

/** The larger of both, NaN where either is; equal operands share the gradient. */
export function maximum(a: TensorLike, b: TensorLike): Tensor {
  return binary(maximumOp, a, b);
}

/** The smaller of both, NaN where either is; equal operands share the gradient. */
export function minimum(a: TensorLike, b: TensorLike): Tensor {
  return binary(minimumOp, a, b);
}

function shareOfExtreme(g: Tensor, takesA: Tensor, takesB: Tensor): Tensor[] {
  const half = mul(g, constantLike(0.5, g));
  const zero = constantLike(0, g);
  return [where(takesA, g, where(takesB, zero, half)), where(takesB, g, where(takesA, zero, half))];
}

/** −x */
export function neg(x: TensorLike): Tensor {
  return unary(negOp, x);
}

/** |x|; gradient 0 at 0. */
export function abs(x: TensorLike): Tensor {
  return unary(absOp, x);
}

/** −1, 0 or 1; 0 for NaN. */
export function sign(x: TensorLike): Tensor {
  const tensor = asTensor(x);
  const [zero, one] = [constantLike(0, tensor), constantLike(1, tensor)];
  return where(gt(tensor, zero), one, where(lt(tensor, zero), neg(one), zero));
}

/** ⌊x⌋; gradient 0. */
export function floor(x: TensorLike): Tensor {
  return floatUnary(floorOp, x);
}

/** x² */
export function square(x: TensorLike): Tensor {
  const tensor = asTensor(x);
  return mul(tensor, tensor);
}

/** √x */
export function sqrt(x: TensorLike): Tensor {
  return floatUnary(sqrtOp, x);
}

/** 1 / √x */
export function rsqrt(x: TensorLike): Tensor {
  const root = sqrt(x);
  return div(constantLike(1, root), root);
}

/** 1 / x */
export function reciprocal(x: TensorLike): Tensor {
  const tensor = asTensor(x);
  return div(constantLike(1, tensor), tensor);
}

/**
 * x to the power of a number, which is structure: integers are products, ±1/2 roots, others exp(n · log x).
 */
export function pow(x: TensorLike, exponent: number): Tensor {
  const tensor = asTensor(x);
  if (!Number.isFinite(exponent)) throw new ArgumentError(`pow: the exponent is a finite number, not ${exponent}`);
  if (exponent < 0) return reciprocal(pow(tensor, -exponent));
  if (Number.isInteger(exponent) && exponent < 2 ** 31) return integerPower(tensor, exponent);
  if (exponent === 0.5) return sqrt(tensor);
  return exp(mul(log(tensor), constantLike(exponent, log(tensor))));
}

function integerPower(x: Tensor, exponent: number): Tensor {
  if (exponent === 0) return where(eq(x, x), constantLike(1, x), constantLike(1, x));
  let result: Tensor | null = null;
  let factor = x;
  for (let rest = exponent; rest > 0; rest >>= 1) {
    if (rest & 1) result = result ? mul(result, factor) : factor;
    if (rest > 1) factor = mul(factor, factor);
  }
  return result as Tensor;
}

/** Keeps x within bounds; gradient 1 on a bound, NaN stays, and min > max gives max. */
export function clamp(x: TensorLike, bounds: { readonly min?: TensorLike; readonly max?: TensorLike }): Tensor {
  let result = asTensor(x);
  if (bounds.min === undefined && bounds.max === undefined) throw new ArgumentError("clamp: give min, max or both");
  if (bounds.min !== undefined) result = where(lt(result, bounds.min), bounds.min, result);
  if (bounds.max !== undefined) result = where(gt(result, bounds.max), bounds.max, result);
  return result;
}

/** Whether x is neither infinite nor NaN. */
export function isFinite(x: TensorLike): Tensor {
  const tensor = asTensor(x);
  if (computeType(tensor) === "int32" || computeType(tensor) === "bool") return ge(tensor, tensor);
  return lt(abs(tensor), constantLike(Number.POSITIVE_INFINITY, tensor));
}
