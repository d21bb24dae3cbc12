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
  // One map that reads of x the element that it writes: in place where x is a variable's last version.
  lower: (l, [x, start, values], axis, [{ shape }]) => {
    const length = values.shape[axis];
    const int = (value: number) => l.constant(value, "int32", shape);
    const between = (low: number, value: typeof x, high: number) =>
      l.map("and", "bool", l.map("ge", "bool", value, int(low)), l.map("le", "bool", value, int(high)));
    const from = l.expand(start, shape);
    const place = l.map("sub", "int32", l.index(shape, axis), from);
    const nearest = l.map("max", "int32", l.map("min", "int32", place, int(length - 1)), int(0));
    // A computed start that does not fit fails the index check.
    const index = l.map("select", "int32", between(0, from, shape[axis] - length), nearest, int(-1));
    const moved = l.gather(values, axis, index, ({ strides, offset }) => ({
      shape,
      strides: strides.map((stride, a) => (a === axis ? 0 : stride)),
      offset,
    }));
    return [l.map("select", x.expr.dtype, between(0, place, length - 1), moved, x)];
  },
});

/**
 * x with `values` written at [start, start + length) along an axis; length is the extent of the values there, their other
 * extents are those of x. The start is a run-time number (from the end if negative), or an int32 scalar.
 *
 *     cache.assign(sliceScatter(cache, 1, used, entries));     // a map, in place
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
  return build(sliceScatterOp, [tensor, offset, written], at, { shape: tensor.shape, dtype });
}
