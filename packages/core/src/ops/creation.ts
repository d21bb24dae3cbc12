import type { ComputeDType } from "../dtype.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { constantLeaf, numberLeaf } from "../graph/leaves.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { add } from "./arithmetic.ts";
import { asTensor, build, computeType, defaultFloat } from "./build.ts";
import { eq } from "./comparison.ts";
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

/** Zeros in the shape and dtype of another tensor. */
export function zerosLike(x: TensorLike): Tensor {
  const tensor = asTensor(x);
  return zeros(tensor.shape, { dtype: computeType(tensor) });
}

/** Ones in the shape and dtype of another tensor. */
export function onesLike(x: TensorLike): Tensor {
  const tensor = asTensor(x);
  return ones(tensor.shape, { dtype: computeType(tensor) });
}

const arangeOp: Op<number> = defineOp<number>({
  name: "arange",
  key: (length) => [length],
  lower: (l, _inputs, length) => [l.index([length], 0)],
});

/** 0, 1, … stop − 1, or start … stop − 1, as int32; it occupies no memory. The start is a run-time number. */
export function arange(startOrStop: number, stop?: number): Tensor {
  const [start, end] = stop === undefined ? [0, startOrStop] : [startOrStop, stop];
  if (!Number.isInteger(start) || !Number.isInteger(end)) {
    throw new ArgumentError(`arange: start and stop are whole numbers, not ${start} and ${end}`);
  }
  const length = Math.max(0, end - start);
  const places = build(arangeOp, [], length, { shape: [length], dtype: "int32" });
  return stop === undefined ? places : add(places, numberLeaf(start, "int32"));
}

/** The identity matrix [n, n]. */
export function eye(n: number, options: CreationOptions = {}): Tensor {
  checkShape("eye", [n]);
  const places = arange(n);
  return cast(eq(reshape(places, [n, 1]), places), options.dtype ?? defaultFloat());
}
