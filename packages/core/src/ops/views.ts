import { IndexError, ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { sameShape, sizeOf } from "../plan/view.ts";
import { asTensor, broadcastShapes, build, checkList, computeType, normalAxes, normalAxis } from "./build.ts";
import { checkShape } from "./creation.ts";
import { sumTo } from "./reduction.ts";

type Shape = readonly number[];

const reshapeOp: Op<Shape> = defineOp<Shape>({
  name: "reshape",
  key: (shape) => shape,
  gradient: ([g], { inputs: [x] }) => [g && reshape(g, x.shape)],
  lower: (l, [x], shape) => [l.reshape(x, shape)],
});

/** The same elements in row-major order under another shape; one extent may be −1: what is left. */
export function reshape(x: TensorLike, shape: readonly number[]): Tensor {
  const tensor = asTensor(x, "reshape");
  checkList("reshape", shape);
  const target = fillShape(tensor, shape);
  if (sameShape(tensor.shape, target)) return tensor;
  return build(reshapeOp, [tensor], target, { shape: target, dtype: computeType(tensor) });
}

function fillShape(tensor: Tensor, shape: readonly number[]): readonly number[] {
  let [open, known, valid] = [0, 1, true];
  for (const extent of shape) {
    if (extent === -1) open++;
    else {
      known *= extent;
      valid &&= Number.isInteger(extent) && extent >= 0;
    }
  }
  const fits = open === 1 ? known > 0 && tensor.size % known === 0 : open === 0 && known === tensor.size;
  if (!fits || !valid) {
    throw new ShapeError(`reshape: [${tensor.shape}] (${tensor.size} elements) cannot become [${shape}]`);
  }
  return shape.map((extent) => (extent === -1 ? tensor.size / known : extent));
}

/** Joins the axes `start` … `end` into one; a scalar becomes [1]. */
export function flatten(x: TensorLike, start = 0, end = -1): Tensor {
  const tensor = asTensor(x, "flatten");
  if (tensor.rank === 0) return reshape(tensor, [1]);
  const [from, to] = [normalAxis("flatten", start, tensor.rank), normalAxis("flatten", end, tensor.rank)];
  if (from > to) throw new IndexError(`flatten: axis ${start} does not come before ${end} in [${tensor.shape}]`);
  const joined = sizeOf(tensor.shape.slice(from, to + 1));
  return reshape(tensor, [...tensor.shape.slice(0, from), joined, ...tensor.shape.slice(to + 1)]);
}

const permuteOp: Op<Shape> = defineOp<Shape>({
  name: "permute",
  key: (order) => order,
  gradient: ([g], { attributes: order }) => [
    g &&
      permute(
        g,
        order.map((_, axis) => order.indexOf(axis)),
      ),
  ],
  lower: (l, [x], order) => [l.permute(x, order)],
});

/** The axes in another order. */
export function permute(x: TensorLike, order: readonly number[]): Tensor {
  const tensor = asTensor(x, "permute");
  checkList("permute", order);
  const axes = order.map((axis) => normalAxis("permute", axis, tensor.rank));
  if (axes.length !== tensor.rank || axes.some((axis, i) => axes.indexOf(axis) !== i)) {
    throw new IndexError(`permute: [${order}] is no order of the ${tensor.rank} axes of shape [${tensor.shape}]`);
  }
  return build(permuteOp, [tensor], axes, {
    shape: axes.map((axis) => tensor.shape[axis]),
    dtype: computeType(tensor),
  });
}

/** Exchanges two axes, by default the last two. */
export function transpose(x: TensorLike, axisA = -2, axisB = -1): Tensor {
  const tensor = asTensor(x, "transpose");
  const [a, b] = [normalAxis("transpose", axisA, tensor.rank), normalAxis("transpose", axisB, tensor.rank)];
  return permute(
    tensor,
    tensor.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis)),
  );
}

/** Whether it is another matrix seen with its last two axes exchanged. */
export function isTransposed({ node, rank }: Tensor): boolean {
  return node.op === permuteOp && (node.attributes as Shape).at(-1) === rank - 2;
}

/** Moves axes to other places; the others keep their order. */
export function moveAxis(
  x: TensorLike,
  source: number | readonly number[],
  destination: number | readonly number[],
): Tensor {
  return moveAxes("moveAxis", x, source, destination);
}

/** `moveAxis` under the name of the op that needs it. */
export function moveAxes(
  op: string,
  x: TensorLike,
  source: number | readonly number[],
  destination: number | readonly number[],
): Tensor {
  const tensor = asTensor(x, op);
  const [from, to] = [source, destination].map((axes) =>
    [axes].flat().map((axis) => normalAxis(op, axis, tensor.rank)),
  );
  if (from.length !== to.length || new Set(from).size !== from.length || new Set(to).size !== to.length) {
    throw new IndexError(`${op}: axes [${source}] of shape [${tensor.shape}] cannot become axes [${destination}]`);
  }
  const others = tensor.shape.map((_, axis) => axis).filter((axis) => !from.includes(axis));
  return permute(
    tensor,
    tensor.shape.map((_, axis) => (to.includes(axis) ? from[to.indexOf(axis)] : (others.shift() as number))),
  );
}

const expandOp: Op<Shape> = defineOp<Shape>({
  name: "expand",
  key: (shape) => shape,
  gradient: ([g], { inputs: [x] }) => [g && sumTo(g, x.shape)],
  lower: (l, [x], shape) => [l.expand(x, shape)],
});

/** Broadcasts to a shape; nothing is copied. An extent of −1 keeps the tensor's own. */
export function expand(x: TensorLike, shape: readonly number[]): Tensor {
  const tensor = asTensor(x, "expand");
  checkList("expand", shape);
  if (sameShape(tensor.shape, shape)) return tensor;
  const added = shape.length - tensor.rank;
  const target = shape.map((extent, axis) => (extent === -1 && axis >= added ? tensor.shape[axis - added] : extent));
  checkShape("expand", target);
  if (!sameShape(broadcastShapes("expand", tensor.shape, target), target)) {
    throw new ShapeError(`expand: [${tensor.shape}] does not broadcast to [${shape}]`);
  }
  return build(expandOp, [tensor], target, { shape: target, dtype: computeType(tensor) });
}

/** Removes axes of extent 1: the given ones, by default all. */
export function squeeze(x: TensorLike, axis?: number | readonly number[]): Tensor {
  const tensor = asTensor(x, "squeeze");
  const dropped = normalAxes("squeeze", axis, tensor.rank).filter((a) => axis !== undefined || tensor.shape[a] === 1);
  if (dropped.some((a) => tensor.shape[a] !== 1)) {
    throw new ShapeError(`squeeze: axes [${dropped}] of [${tensor.shape}] do not all have extent 1`);
  }
  return reshape(
    tensor,
    tensor.shape.filter((_, a) => !dropped.includes(a)),
  );
}

/** Adds an axis of extent 1. */
export function unsqueeze(x: TensorLike, axis: number): Tensor {
  const tensor = asTensor(x, "unsqueeze");
  const at = normalAxis("unsqueeze", axis, tensor.rank + 1);
  return reshape(tensor, [...tensor.shape.slice(0, at), 1, ...tensor.shape.slice(at)]);
}
