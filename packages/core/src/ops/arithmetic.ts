import type { Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { binary, floatBinary, floatType, floatUnary, meet, unary } from "./apply.ts";
import { asTensor, constantLike, numberLike, operands } from "./build.ts";
import { elementwise, flat } from "./elementwise.ts";

const lerpOp: Op<null> = elementwise(
  "lerp",
  (s, a, b, w) => {
    const way = s("sub", b, a);
    const fromB = s("sub", b, s("mul", way, s("sub", 1, w)));
    return s("select", s("lt", s("abs", w), 0.5), s("add", a, s("mul", way, w)), fromB);
  },
  (g, [a, b, w]) => [mul(g, sub(constantLike(1, w), w)), mul(g, w), mul(g, sub(b, a))],
);

/** a + b */
export const add: (a: TensorLike, b: TensorLike) => Tensor = binary(elementwise("add", "add", (g) => [g, g]));

/** a − b */
export const sub: (a: TensorLike, b: TensorLike) => Tensor = binary(elementwise("sub", "sub", (g) => [g, neg(g)]));

/** a · b, element by element. */
export const mul: (a: TensorLike, b: TensorLike) => Tensor = binary(
  elementwise("mul", "mul", (g, [a, b]) => [mul(g, b), mul(g, a)]),
);

/** a / b; integers are divided as floats. */
export const div: (a: TensorLike, b: TensorLike) => Tensor = floatBinary(
  elementwise("div", "div", (g, [, b], y) => {
    const ofA = div(g, b);
    return [ofA, neg(mul(ofA, y))];
  }),
);

/** −x */
export const neg: (x: TensorLike) => Tensor = unary(elementwise("neg", "neg", (g) => [neg(g)]));

/** |x|; gradient 0 at 0. */
export const abs: (x: TensorLike) => Tensor = unary(elementwise("abs", "abs", (g, [x]) => [mul(g, sign(x))]));

/** −1, 0 or 1; 0 for NaN. */
export const sign: (x: TensorLike) => Tensor = unary(
  elementwise("sign", (s, x) => s("select", s("gt", x, 0), 1, s("select", s("lt", x, 0), -1, 0)), flat),
);

/** x² */
export function square(x: TensorLike): Tensor {
  const tensor = asTensor(x, "square");
  return mul(tensor, tensor);
}

/** √x */
export const sqrt: (x: TensorLike) => Tensor = floatUnary(
  elementwise("sqrt", "sqrt", (g, _inputs, y) => [div(g, add(y, y))]),
);

/** 1 / √x */
export function rsqrt(x: TensorLike): Tensor {
  const root = sqrt(asTensor(x, "rsqrt"));
  return div(constantLike(1, root), root);
}

/** 1 / x */
export function reciprocal(x: TensorLike): Tensor {
  const tensor = asTensor(x, "reciprocal");
  return div(constantLike(1, tensor), tensor);
}

/** a + weight · (b − a), exactly a at 0 and b at 1. */
export function lerp(a: TensorLike, b: TensorLike, weight: TensorLike): Tensor {
  const [start, end] = operands("lerp", a, b);
  const share = typeof weight === "number" ? numberLike("lerp", weight, start) : asTensor(weight, "lerp");
  return meet(lerpOp, [start, end, share], floatType("lerp", start, end, share));
}
