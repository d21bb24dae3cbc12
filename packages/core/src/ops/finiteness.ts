import { isFloat } from "../dtype.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { floatUnary } from "./apply.ts";
import { asTensor, checkOptions, computeType } from "./build.ts";
import { eq, where } from "./comparison.ts";
import { elementwise } from "./elementwise.ts";

const { POSITIVE_INFINITY: infinity, MAX_VALUE: largest64 } = Number;
const largest32 = (2 - 2 ** -23) * 2 ** 127;

/** Whether x is neither infinite nor NaN. */
export const isFinite: (x: TensorLike) => Tensor = floatUnary(
  elementwise("isFinite", (s, x) => s("lt", s("abs", x), infinity)),
  "bool",
);

/** Whether x is ∞ or −∞. */
export const isInf: (x: TensorLike) => Tensor = floatUnary(
  elementwise("isInf", (s, x) => s("eq", s("abs", x), infinity)),
  "bool",
);

/** Whether x is NaN. */
export const isNaN: (x: TensorLike) => Tensor = floatUnary(
  elementwise("isNaN", (s, x) => s("ne", x, x)),
  "bool",
);

/** What replaces NaN and infinities. */
export interface NanToNumOptions {
  /** Default 0. */
  readonly nan?: number;
  /** Default: the largest number of the dtype. */
  readonly posInf?: number;
  /** Default: the least number of the dtype. */
  readonly negInf?: number;
}

/** x with NaN and infinities replaced by numbers; they get the gradient 0. */
export function nanToNum(x: TensorLike, options: NanToNumOptions = {}): Tensor {
  const tensor = asTensor(x, "nanToNum");
  checkOptions("nanToNum", options, "nan", "posInf", "negInf");
  if (!isFloat(tensor.dtype)) return tensor;
  const largest = computeType(tensor) === "float64" ? largest64 : largest32;
  const { nan = 0, posInf = largest, negInf = -largest } = options;
  const bounded = where(eq(tensor, infinity), posInf, where(eq(tensor, -infinity), negInf, tensor));
  return where(isNaN(tensor), nan, bounded);
}
