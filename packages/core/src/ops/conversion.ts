import { checkDType, type DType, dtypes, isFloat } from "../dtype.ts";
import { defineOp, noKey, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { asTensor, build, defaultFloat } from "./build.ts";

const castOp: Op<DType> = defineOp<DType>({
  name: "cast",
  key: (dtype) => [dtypes[dtype].id],
  gradient: ([g], { inputs: [x] }) => [g && isFloat(x.dtype) ? cast(g, dtypes[x.dtype].compute) : null],
  lower: (l, [x], dtype) => {
    const { compute } = dtypes[dtype];
    const value = l.cast(x, compute);
    return [dtype === compute ? value : l.copy(value, dtype)];
  },
});

/**
 * The values in another dtype: float to int truncates and saturates (NaN gives 0), anything ≠ 0 is `true`; 16-bit floats
 * round to nearest even, 8-bit integers wrap.
 */
export function cast(x: TensorLike, dtype: DType): Tensor {
  const tensor = asTensor(x, "cast");
  checkDType("cast", dtype);
  return tensor.dtype === dtype ? tensor : build(castOp, [tensor], dtype, { shape: tensor.shape, dtype });
}

/** As numbers: truth counts as 0 and 1. */
export function asNumbers(x: TensorLike, op?: string): Tensor {
  const tensor = asTensor(x, op);
  return tensor.dtype === "bool" ? cast(tensor, "int32") : tensor;
}

/** As floats: integers and truth values in the default dtype. */
export function asFloats(x: TensorLike, op?: string): Tensor {
  const tensor = asTensor(x, op);
  return isFloat(dtypes[tensor.dtype].compute) ? tensor : cast(tensor, defaultFloat());
}

const detachOp: Op<null> = defineOp<null>({ name: "detach", key: noKey, lower: (_l, [x]) => [x] });

/** The same value, through which no gradient flows. */
export function detach(x: TensorLike): Tensor {
  const tensor = asTensor(x, "detach");
  return build(detachOp, [tensor], null, { shape: tensor.shape, dtype: dtypes[tensor.dtype].compute });
}
