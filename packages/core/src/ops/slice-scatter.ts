import { DTypeError, ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { asTensor, build, computeType, constantLike, normalAxis } from "./build.ts";
import { narrow, startOf } from "./slicing.ts";
import { expand } from "./views.ts";

const sliceScatterOp: Op<number> = defineOp<number>({
  name: "sliceScatter",
  key: (axis) => [axis],
  gradient: ([g], { inputs: [, start, values], attributes: axis }) =>
    g
      ? [
          sliceScatter(g, axis, start, expand(constantLike(0, g), values.shape)),
          null,
          narrow(g, axis, start, values.shape[axis]),
        ]
      : [null, null, null],
  lower: (l, [x, start, values], axis, [{ dtype }]) => [l.insert(x, axis, start, values, dtype)],
});

/**
 * x with `values` written at [start, start + length) along an axis; length is the extent of the values there, their other
 * extents are those of x. Two of one storage dtype stay so. The start is a run-time number (from the end if negative), or an int32 scalar.
 *
 *     cache.assign(sliceScatter(cache, 1, used, entries));     // in place: only the entries are written
 */
export function sliceScatter(x: TensorLike, axis: number, start: TensorLike, values: TensorLike): Tensor {
  const [tensor, written] = [asTensor(x, "sliceScatter"), asTensor(values, "sliceScatter")];
  const at = normalAxis("sliceScatter", axis, tensor.rank);
  const length = written.shape[at];
  const fits =
    written.rank === tensor.rank && tensor.shape.every((e, a) => (a === at ? length <= e : written.shape[a] === e));
  if (!fits) {
    throw new ShapeError(
      `sliceScatter: values [${written.shape}] do not fit into [${tensor.shape}] along axis ${axis}`,
    );
  }
  const dtype = computeType(tensor);
  if (computeType(written) !== dtype) {
    throw new DTypeError(`sliceScatter: ${written.dtype} values do not go into ${tensor.dtype}; cast them`);
  }
  const offset = startOf("sliceScatter", tensor, at, start, length);
  if (written.size === 0) return tensor;
  const own = tensor.dtype === written.dtype ? tensor.dtype : dtype;
  return build(sliceScatterOp, [tensor, offset, written], at, { shape: tensor.shape, dtype: own });
}
