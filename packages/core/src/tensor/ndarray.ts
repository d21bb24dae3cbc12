import ndarray, { type NdArray } from "ndarray";
import ops from "ndarray-ops";
import type { TypedArray } from "../dtype.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Variable } from "../graph/variable.ts";
import { type TensorOptions, tensor } from "./create.ts";
import { data } from "./reading.ts";

/** A tensor with the elements of an `ndarray`, in the order of its shape whatever its strides; they are copied. */
export function fromNdarray(array: NdArray<TypedArray>, options: Pick<TensorOptions, "dtype"> = {}): Tensor {
  const contents = array.data.slice(0, array.size);
  if (array.size > 0) ops.assign(ndarray(contents, array.shape), array);
  return tensor(contents, { ...options, shape: array.shape });
}

/** The contents as a row-major `ndarray` of their own; runs what is pending. */
export async function toNdarray(x: Tensor | Variable): Promise<NdArray<TypedArray>> {
  const { shape } = x;
  return ndarray(await data(x), [...shape]);
}
