import { type ComputeDType, dtypes, isFloat } from "../dtype.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { asTensor, build } from "./build.ts";

const castOp: Op<ComputeDType> = defineOp<ComputeDType>({
  name: "cast",
  key: (dtype) => [dtypes[dtype].id],
  gradient: ([g], { inputs: [x] }) => [g && isFloat(x.dtype) ? cast(g, dtypes[x.dtype].compute) : null],
  lower: (l, [x], dtype) => [l.cast(x, dtype)],
});

/** The values in another dtype: float to int truncates and saturates (NaN gives 0), anything ≠ 0 is `true`. */
export function cast(x: TensorLike, dtype: ComputeDType): Tensor {
  const tensor = asTensor(x);
  return tensor.dtype === dtype ? tensor : build(castOp, [tensor], dtype, { shape: tensor.shape, dtype });
}

const detachOp: Op<null> = defineOp<null>({ name: "detach", key: () => [], lower: (_l, [x]) => [x] });

/** The same value, through which no gradient flows. */
export function detach(x: TensorLike): Tensor {
  const tensor = asTensor(x);
  return build(detachOp, [tensor], null, { shape: tensor.shape, dtype: dtypes[tensor.dtype].compute });
}
