import type { Tensor } from "@tsuki/core";
import { einsum } from "@tsuki/core";
import type { Call, Mapped, Mapping } from "./mapping.ts";

/** Tensors by place, numbers by name. */
function product(map: (operands: readonly Tensor[], numbers: Readonly<Record<string, number>>) => Mapped) {
  return ({ inputs, kwargs }: Call): Mapped =>
    map(inputs as readonly Tensor[], kwargs as Readonly<Record<string, number>>);
}

const matmul = product(([a, b]) => a.matmul(b));

export const products: Mapping = {
  matmul,
  mm: matmul,
  bmm: matmul,
  dot: product(([a, b]) => a.dot(b)),
  outer: product(([a, b]) => a.outer(b)),
  einsum: ({ inputs: [equation, operands] }) => einsum(equation as string, ...(operands as readonly Tensor[])),
  addmm: product(([x, a, b], { alpha = 1, beta = 1 }) => {
    const term = a.matmul(b).mul(alpha);
    return beta === 0 ? term : x.mul(beta).add(term);
  }),
  "nn.functional.linear": product(([x, weight, bias]) => {
    const y = x.matmul(weight.transpose());
    return bias ? y.add(bias) : y;
  }),
};
