import { type Array as JaxArray, jit, numpy as np } from "@jax-js/jax";
import type { Prepared } from "../protocol.ts";
import type { MatmulWork } from "../workloads.ts";

export function prepareMatmul({ form, batch, m, k, n, lefts, rights, symmetric }: MatmulWork): Prepared {
  const outer = batch === 0 ? [] : [batch];
  const left = operands(lefts, [...outer, ...(form === "tn" ? [k, m] : [m, k])]);
  const right = symmetric ? [] : operands(rights, [...outer, ...(form === "nt" ? [n, k] : [k, n])]);
  const pairs = left.flatMap((a) => (symmetric ? [[a, a]] : right.map((b) => [a, b])));
  const product = jit((a: JaxArray, b: JaxArray) =>
    np.matmul(form === "tn" ? np.matrixTranspose(a) : a, form === "nt" ? np.matrixTranspose(b) : b),
  );
  return {
    run: async () => {
      for (const [a, b] of pairs) {
        const result = await product(a.ref, b.ref).blockUntilReady();
        result.dispose();
      }
    },
    release: () => {
      for (const array of [...left, ...right]) array.dispose();
      product.dispose();
    },
  };
}

function operands(count: number, shape: readonly number[]): JaxArray[] {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const values = Float32Array.from({ length: size }, (_, i) => Math.sin(i));
  return Array.from({ length: count }, () => np.array(values, { shape: [...shape] }));
}
