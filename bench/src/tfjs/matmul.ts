import * as tf from "@tensorflow/tfjs-core";
import type { Prepared } from "../protocol.ts";
import type { MatmulWork } from "../workloads.ts";
import { product, swapped } from "./product.ts";

export function prepareMatmul({ form, batch, m, k, n, lefts, rights, symmetric }: MatmulWork): Prepared {
  const outer = batch === 0 ? [] : [batch];
  const operands = (count: number, shape: readonly number[]): tf.Tensor[] =>
    Array.from({ length: count }, () => tf.randomNormal([...outer, ...shape]));
  const left = operands(lefts, form === "tn" ? [k, m] : [m, k]);
  const right = symmetric ? [] : operands(rights, form === "nt" ? [n, k] : [k, n]);
  const pairs = left.flatMap((a) => (symmetric ? [[a, a]] : right.map((b) => [a, b])));
  return {
    run: () => {
      for (const [a, b] of pairs) {
        tf.tidy(() => void product(form === "tn" ? swapped(a) : a, form === "nt" ? swapped(b) : b));
      }
    },
    release: () => tf.dispose([...left, ...right]),
  };
}
