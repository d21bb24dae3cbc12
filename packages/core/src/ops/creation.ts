import { type ComputeDType, dtypes, isFloat } from "../dtype.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { constantLeaf, numberLeaf } from "../graph/leaves.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { add, mul, sub } from "./arithmetic.ts";
import {
  asTensor,
  build,
  checkCount,
  checkOptions,
  computeType,
  constantLike,
  defaultFloat,
  numberLike,
  shown,
} from "./build.ts";
import { eq, lt, where } from "./comparison.ts";
import { cast } from "./conversion.ts";
import { reshape } from "./views.ts";

export interface CreationOptions {
  /** Default: the default float type. */
  readonly dtype?: ComputeDType;
}

/** Checks a shape that a caller gave. */
export function checkShape(op: string, shape: readonly number[]): void {
  if (!Array.isArray(shape) || shape.some((extent) => !Number.isSafeInteger(extent) || extent < 0)) {
    throw new ShapeError(`${op}: a shape is a list of whole numbers ≥ 0, not ${shown(shape)}`);
  }
}

function dtypeOf(op: string, options: CreationOptions): ComputeDType {
  checkOptions(op, options, "dtype");
  const { dtype = defaultFloat() } = options;
  if (dtypes[dtype]?.compute === dtype) return dtype;
  throw new DTypeError(`${op}: dtype is float32, float64, int32 or bool, not ${shown(dtype)}; cast() the result`);
}

/** A tensor of zeros. */
export function zeros(shape: readonly number[], options: CreationOptions = {}): Tensor {
  checkShape("zeros", shape);
  return constantLeaf(0, dtypeOf("zeros", options), [...shape]);
}

/** A tensor of ones. */
export function ones(shape: readonly number[], options: CreationOptions = {}): Tensor {
  checkShape("ones", shape);
  return constantLeaf(1, dtypeOf("ones", options), [...shape]);
}

/** A tensor with one value everywhere; the value is data, another one is no other plan. */
export function full(shape: readonly number[], value: number, options: CreationOptions = {}): Tensor {
  checkShape("full", shape);
  return numberLeaf(value, dtypeOf("full", options), [...shape], "full");
}

/** Zeros in the shape of another tensor, and in its dtype where none is given. */
export function zerosLike(x: TensorLike, options: CreationOptions = {}): Tensor {
  const { shape, dtype } = like("zerosLike", x, options);
  return constantLeaf(0, dtype, shape);
}

/** Ones in the shape of another tensor, and in its dtype where none is given. */
export function onesLike(x: TensorLike, options: CreationOptions = {}): Tensor {
  const { shape, dtype } = like("onesLike", x, options);
  return constantLeaf(1, dtype, shape);
}

/** One value everywhere in the shape of another tensor, and in its dtype where none is given. */
export function fullLike(x: TensorLike, value: number, options: CreationOptions = {}): Tensor {
  const { shape, dtype } = like("fullLike", x, options);
  return numberLeaf(value, dtype, shape, "fullLike");
}

function like(op: string, x: TensorLike, options: CreationOptions): { shape: readonly number[]; dtype: ComputeDType } {
  const tensor = asTensor(x, op);
  checkOptions(op, options, "dtype");
  return { shape: tensor.shape, dtype: dtypeOf(op, { dtype: options.dtype ?? computeType(tensor) }) };
}

const arangeOp: Op<number> = defineOp<number>({
  name: "arange",
  key: (length) => [length],
  lower: (l, _inputs, length) => [l.index([length], 0)],
});

/** 0, 1, … stop − 1; it occupies no memory. */
export function arange(stop: number, options?: CreationOptions): Tensor;
/** start, start + step, … before stop. Only the length is structure. */
export function arange(start: number, stop: number, options?: CreationOptions): Tensor;
export function arange(start: number, stop: number, step: number, options?: CreationOptions): Tensor;
/** int32 where all numbers are whole, else the default float type. */
export function arange(...given: readonly (number | CreationOptions | undefined)[]): Tensor {
  const numbers = given.filter((value) => typeof value === "number");
  const options = (given[numbers.length] ?? {}) as CreationOptions;
  const [start, stop, step = 1] = numbers.length === 1 ? [0, ...numbers] : numbers;
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!Number.isSafeInteger(length) || step === 0) {
    throw new ArgumentError(`arange: no list leads from ${start} to ${stop} in steps of ${step}`);
  }
  checkOptions("arange", options, "dtype");
  const whole = numbers.every(Number.isInteger) ? "int32" : defaultFloat();
  const dtype = dtypeOf("arange", { dtype: options.dtype ?? whole });
  const base = isFloat(dtype) ? dtype : "int32";
  let places = cast(build(arangeOp, [], length, { shape: [length], dtype: "int32" }), base);
  if (numbers.length === 3) places = mul(places, numberLike("arange", step, places));
  if (numbers.length > 1) places = add(places, numberLike("arange", start, places));
  return cast(places, dtype);
}

/** n numbers at equal distances, the first `start`, the last `stop`; the two are data, n is structure. */
export function linspace(start: number, stop: number, n: number, options: CreationOptions = {}): Tensor {
  checkCount("linspace", "n", n);
  const dtype = dtypeOf("linspace", options);
  const base = isFloat(dtype) ? dtype : defaultFloat();
  const step = numberLeaf((stop - start) / Math.max(n - 1, 1), base);
  const places = arange(n, { dtype: base });
  // Each half is counted from its own end, so that both ends are exact.
  const fromStart = add(mul(places, step), numberLeaf(start, base));
  const fromStop = sub(numberLeaf(stop, base), mul(sub(constantLike(n - 1, places), places), step));
  return cast(where(lt(places, constantLike(n / 2, places)), fromStart, fromStop), dtype);
}

/** Ones on the main diagonal of zeros: [n, n], or [n, m]. */
export function eye(n: number, m: number | CreationOptions = n, options: CreationOptions = {}): Tensor {
  checkCount("eye", "n", n);
  if (typeof m === "object") return eye(n, n, m);
  checkCount("eye", "m", m);
  return cast(eq(reshape(arange(n), [n, 1]), arange(m)), dtypeOf("eye", options));
}
