import { ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { asTensor, broadcastShapes, build, checkHostIndices, computeType, indexTensor, normalAxis } from "./build.ts";
import { segmentSum } from "./grouping.ts";
import { scatterAlong } from "./scattering.ts";
import { slice } from "./slicing.ts";
import { expand, flatten, moveAxis, reshape } from "./views.ts";

const takeOp: Op<null> = defineOp<null>({
  name: "take",
  key: () => [],
  gradient: ([g], { inputs: [table, index] }) => {
    const rest = table.shape.slice(1);
    return [g && segmentSum(reshape(g, [index.size, ...rest]), flatten(index), table.shape[0]), null];
  },
  lower: (l, [table, index], _attributes, [{ shape }]) => {
    const [rest, places] = [table.shape.slice(1), index.shape];
    const spread = l.expand(l.reshape(index, [...places, ...rest.map(() => 1)]), shape);
    return [
      l.gather(table, 0, spread, ({ strides, offset }) => ({
        shape,
        strides: [...places.map(() => 0), ...strides.slice(1)],
        offset,
      })),
    ];
  },
});

/**
 * Rows of a table: [n, ...rest] at indices [...] → [..., ...rest] (an embedding). Its gradient is a segment sum, in a
 * fixed order. Indices from the host are checked now, computed ones when the plan runs.
 */
export function take(table: TensorLike, indices: TensorLike): Tensor {
  const source = asTensor(table, "take");
  if (source.rank === 0) throw new ShapeError("take: the table needs at least one axis");
  const index = indexTensor("take", indices);
  checkHostIndices("take", index, source.shape[0]);
  return build(takeOp, [source, index], null, {
    shape: [...index.shape, ...source.shape.slice(1)],
    dtype: computeType(source),
  });
}

const gatherOp: Op<number> = defineOp<number>({
  name: "gather",
  key: (axis) => [axis],
  gradient: ([g], { inputs: [x, index], attributes: axis }) => [g && scatterAlong(axis, index, g, x.shape[axis]), null],
  lower: (l, [x, index], axis, [{ shape }]) => [
    l.gather(x, axis, index, ({ strides, offset }) => ({
      shape,
      strides: strides.map((stride, a) => (a === axis ? 0 : stride)),
      offset,
    })),
  ],
});

/**
 * Entries at computed places along an axis: y[i, j, …] = x[i, index[i, j, …], …]. Along the other axes `index` may be
 * smaller than x (PyTorch's rule).
 */
export function gather(x: TensorLike, axis: number, index: TensorLike): Tensor {
  const source = asTensor(x, "gather");
  const places = indexTensor("gather", index);
  const at = normalAxis("gather", axis, source.rank);
  if (places.rank !== source.rank || places.shape.some((extent, a) => a !== at && extent > source.shape[a])) {
    throw new ShapeError(`gather: index [${places.shape}] does not fit [${source.shape}] outside of axis ${axis}`);
  }
  checkHostIndices("gather", places, source.shape[at]);
  const used = places.shape.reduce((part, extent, a) => (a === at ? part : slice(part, a, 0, extent)), source);
  return build(gatherOp, [used, places], at, { shape: places.shape, dtype: computeType(source) });
}

/**
 * Entries at computed places along an axis, where the other axes broadcast (NumPy's `take_along_axis`). Without an axis
 * both are flattened.
 */
export function takeAlongAxis(x: TensorLike, index: TensorLike, axis?: number): Tensor {
  const [source, places] = [asTensor(x, "takeAlongAxis"), indexTensor("takeAlongAxis", index)];
  if (axis === undefined) {
    checkHostIndices("takeAlongAxis", places, source.size);
    return gather(flatten(source), 0, flatten(places));
  }
  const at = normalAxis("takeAlongAxis", axis, source.rank);
  const along = (shape: readonly number[], extent: number): number[] => shape.map((e, a) => (a === at ? extent : e));
  if (places.rank !== source.rank) {
    throw new ShapeError(`takeAlongAxis: index [${places.shape}] has not the rank of [${source.shape}]`);
  }
  checkHostIndices("takeAlongAxis", places, source.shape[at]);
  const shape = broadcastShapes("takeAlongAxis", along(source.shape, places.shape[at]), places.shape);
  const spread = expand(places, shape);
  return gather(expand(source, along(shape, source.shape[at])), at, spread);
}

/** Slices at places [k] of an axis: y[…, j, …] = x[…, indices[j], …]. */
export function indexSelect(x: TensorLike, axis: number, indices: TensorLike): Tensor {
  const source = asTensor(x, "indexSelect");
  const at = normalAxis("indexSelect", axis, source.rank);
  const places = indexTensor("indexSelect", indices);
  if (places.rank > 1) throw new ShapeError(`indexSelect: indices [k] are needed, not [${places.shape}]`);
  checkHostIndices("indexSelect", places, source.shape[at]);
  return moveAxis(take(moveAxis(source, at, 0), flatten(places)), 0, at);
}
