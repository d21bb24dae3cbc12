import { DTypeError, ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { contiguous, sameShape, sizeOf, sliceView } from "../plan/view.ts";
import { asTensor, build, checkList, computeType, normalAxis } from "./build.ts";
import { split } from "./splitting.ts";
import { unsqueeze } from "./views.ts";

const concatOp: Op<number> = defineOp<number>({
  name: "concat",
  key: (axis) => [axis],
  gradient: ([g], { inputs, attributes: axis }) =>
    g
      ? split(
          g,
          inputs.map((input) => input.shape[axis]),
          axis,
        )
      : inputs.map(() => null),
  lower: (l, inputs, axis, [{ shape }]) => {
    const buffer = l.buffer(inputs[0].expr.dtype, sizeOf(shape));
    let start = 0;
    for (const input of inputs) {
      const offsets = shape.map((_, a) => (a === axis ? start : 0));
      const view = sliceView(
        contiguous(shape),
        offsets,
        shape.map(() => 1),
        input.shape,
      );
      l.storeAt(input, { buffer, view });
      start += input.shape[axis];
    }
    return [l.load(buffer, shape)];
  },
});

/** Joins tensors along an axis; each is computed right into its slice of the result. */
export function concat(tensors: readonly TensorLike[], axis = 0): Tensor {
  const inputs = tensorsOf("concat", tensors);
  const [first] = inputs;
  const at = normalAxis("concat", axis, first.rank);
  for (const input of inputs) {
    const fits = input.rank === first.rank && input.shape.every((extent, a) => a === at || extent === first.shape[a]);
    if (!fits) throw new ShapeError(`concat: [${input.shape}] does not join [${first.shape}] along axis ${axis}`);
  }
  if (inputs.length === 1) return first;
  const total = inputs.reduce((sum, input) => sum + input.shape[at], 0);
  const shape = first.shape.map((extent, a) => (a === at ? total : extent));
  return build(concatOp, inputs, at, { shape, dtype: computeType(first) });
}

/** Joins tensors of one shape along a new axis. */
export function stack(tensors: readonly TensorLike[], axis = 0): Tensor {
  const inputs = tensorsOf("stack", tensors);
  const [first] = inputs;
  const at = normalAxis("stack", axis, first.rank + 1);
  const odd = inputs.find(({ shape }) => !sameShape(shape, first.shape));
  if (odd) throw new ShapeError(`stack: shapes [${first.shape}] and [${odd.shape}] differ`);
  return concat(
    inputs.map((input) => unsqueeze(input, at)),
    at,
  );
}

/** Tensors that may be joined: at least one, of one dtype. */
function tensorsOf(op: string, list: readonly TensorLike[]): Tensor[] {
  checkList(op, list);
  if (list.length === 0) throw new ShapeError(`${op}: at least one tensor is needed`);
  const tensors = list.map((x) => asTensor(x, op));
  const [{ dtype }] = tensors;
  const odd = tensors.find((x) => x.dtype !== dtype);
  if (odd) throw new DTypeError(`${op}: ${dtype} with ${odd.dtype}; cast one of them`);
  return tensors;
}
