import { type ComputeDType, isFloat } from "../dtype.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { constantLeaf, numberLeaf } from "../graph/leaves.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { add, mul, sub } from "./arithmetic.ts";
import { asTensor, build, computeType, constantLike, defaultFloat, numberLike } from "./build.ts";
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
    throw new ShapeError(`${op}: a shape is a list of whole numbers ≥ 0, not [${shape}]`);
  }
}

/** A tensor of zeros. */
export function zeros(shape: readonly number[], options: CreationOptions = {}): Tensor {
  checkShape("zeros", shape);
  return constantLeaf(0, options.dtype ?? defaultFloat(), [...shape]);
}

/** A tensor of ones. */
export function ones(shape: readonly number[], options: CreationOptions = {}): Tensor {
  checkShape("ones", shape);
  return constantLeaf(1, options.dtype ?? defaultFloat(), [...shape]);
}

/** A tensor with one value everywhere; the value is data, another one is no other plan. */
export function full(shape: readonly number[], value: number, options: CreationOptions = {}): Tensor {
  checkShape("full", shape);
  return numberLeaf(value, options.dtype ?? defaultFloat(), [...shape]);
}

/** Zeros in the shape of another tensor, and in its dtype where none is given. */
export function zerosLike(x: TensorLike, options: CreationOptions = {}): Tensor {
  const tensor = asTensor(x);
  return zeros(tensor.shape, { dtype: computeType(tensor), ...options });
}

/** Ones in the shape of another tensor, and in its dtype where none is given. */
export function onesLike(x: TensorLike, options: CreationOptions = {}): Tensor {
  const tensor = asTensor(x);
  return ones(tensor.shape, { dtype: computeType(tensor), ...options });
}

/** One value everywhere in the shape of another tensor, and in its dtype where none is given. */
export function fullLike(x: TensorLike, value: number, options: CreationOptions = {}): Tensor {
  const tensor = asTensor(x);
  return full(tensor.shape, value, { dtype: computeType(tensor), ...options });
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
  const options = given.find((value) => typeof value === "object") ?? {};
  const [start, stop, step = 1] = numbers.length === 1 ? [0, ...numbers] : numbers;
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!Number.isSafeInteger(length) || step === 0) {
    throw new ArgumentError(`arange: no list leads from ${start} to ${stop} in steps of ${step}`);
  }
  const dtype = options.dtype ?? (numbers.every(Number.isInteger) ? "int32" : defaultFloat());
  const base = isFloat(dtype) ? dtype : "int32";
  let places = cast(build(arangeOp, [], length, { shape: [length], dtype: "int32" }), base);
  if (numbers.length === 3) places = mul(places, numberLike("arange", step, places));
  if (numbers.length > 1) places = add(places, numberLike("arange", start, places));
  return cast(places, dtype);
}

/** n numbers at equal distances, the first `start`, the last `stop`; the two are data, n is structure. */
export function linspace(start: number, stop: number, n: number, options: CreationOptions = {}): Tensor {
  checkShape("linspace", [n]);
  const dtype = options.dtype ?? defaultFloat();
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
  if (typeof m !== "number") return eye(n, n, m);
  checkShape("eye", [n, m]);
  return cast(eq(reshape(arange(n), [n, 1]), arange(m)), options.dtype ?? defaultFloat());
}
