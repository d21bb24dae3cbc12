import { isFloat } from "../dtype.ts";
import { ArgumentError } from "../errors.ts";
import { constantLeaf } from "../graph/leaves.ts";
import type { Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { binary, meet, numberType } from "./apply.ts";
import { mul } from "./arithmetic.ts";
import { asTensor, checkOptions, constantLike, numberLike } from "./build.ts";
import { eq, ge, gt, le, logicalAnd, logicalOr, lt, where } from "./comparison.ts";
import { elementwise } from "./elementwise.ts";

/** The larger of both, NaN where either is; equal operands share the gradient. */
export const maximum: (a: TensorLike, b: TensorLike) => Tensor = binary(
  elementwise("maximum", "max", (g, [a, b]) => shared(g, a, b, lt, gt)),
);

/** The smaller of both, NaN where either is; equal operands share the gradient. */
export const minimum: (a: TensorLike, b: TensorLike) => Tensor = binary(
  elementwise("minimum", "min", (g, [a, b]) => shared(g, a, b, gt, lt)),
);

type Compare = (a: Tensor, b: Tensor) => Tensor;

/** Nothing to the operand that loses to the other, half to each of equals, all to both beside NaN (PyTorch). */
function shared(g: Tensor, a: Tensor, b: Tensor, aLoses: Compare, bLoses: Compare): Tensor[] {
  const zero = constantLike(0, g);
  const share = where(eq(a, b), mul(g, constantLike(0.5, g)), g);
  return [where(aLoses(a, b), zero, share), where(bLoses(a, b), zero, share)];
}

const clampOp: Op<null> = elementwise(
  "clamp",
  (s, x, low, high) => s("min", s("max", x, low), high),
  (g, [x, low, high]) => {
    const passes = (test: Tensor): Tensor => where(test, g, constantLike(0, g));
    return [
      passes(logicalAnd(ge(x, low), le(x, high))),
      passes(logicalAnd(lt(x, low), le(low, high))),
      passes(logicalOr(gt(x, high), lt(high, low))),
    ];
  },
);

/** min(max(x, min), max): gradient 1 on a bound, NaN wins, and min > max gives max. */
export function clamp(x: TensorLike, bounds: { readonly min?: TensorLike; readonly max?: TensorLike }): Tensor {
  checkOptions("clamp", bounds, "min", "max");
  if (bounds.min === undefined && bounds.max === undefined) throw new ArgumentError("clamp: give min, max or both");
  const tensor = asTensor(x, "clamp");
  const [low, high] = [bounds.min, bounds.max].map((bound) =>
    typeof bound === "number" ? numberLike("clamp", bound, tensor) : bound && asTensor(bound, "clamp"),
  );
  const dtype = numberType("clamp", tensor, low ?? tensor, high ?? tensor);
  const most = isFloat(dtype) ? Number.POSITIVE_INFINITY : 2 ** 31 - 1;
  const inputs = [tensor, low ?? constantLeaf(-most, dtype), high ?? constantLeaf(most, dtype)];
  return meet(clampOp, inputs, dtype);
}
