import { DTypeError, IndexError, ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../graph/op.ts";
import { Node, type Tensor, type TensorLike } from "../graph/tensor.ts";
import { sizeOf } from "../plan/view.ts";
import {
  asTensor,
  build,
  checkHostIndices,
  computeType,
  constantLike,
  indexTensor,
  normalAxis,
  requireFloat,
} from "./build.ts";
import { eq, where } from "./comparison.ts";
import { arange } from "./creation.ts";
import { sum } from "./reduction.ts";
import { reshape, unsqueeze } from "./views.ts";

const takeOp: Op<null> = defineOp<null>({
  name: "take",
  key: () => [],
  gradient: ([g], { inputs: [table, index] }) => {
    const rest = table.shape.slice(1);
    return [g && scatterAdd(reshape(index, [index.size]), reshape(g, [index.size, ...rest]), table.shape[0]), null];
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
 * Rows of a table: [n, ...rest] at indices [...] → [..., ...rest] (an embedding). Its gradient is a scatter-add in a
 * fixed order. Indices from the host are checked now, computed ones when the plan runs.
 */
export function take(table: TensorLike, indices: TensorLike): Tensor {
  const source = asTensor(table);
  if (source.rank === 0) throw new ShapeError("take: the table needs at least one axis");
  const index = indexTensor("take", indices);
  if (typeof indices === "number" && !(indices >= 0 && indices < source.shape[0])) {
    throw new IndexError(`take: index ${indices} is outside [0, ${source.shape[0]})`);
  }
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
 * Entries at computed places along an axis: y[i, j, …] = x[i, index[i, j, …], …] (NumPy's `take_along_axis`). Other axes
 * have equal extents.
 */
export function gather(x: TensorLike, axis: number, index: TensorLike): Tensor {
  const source = asTensor(x);
  const places = indexTensor("gather", index);
  const at = normalAxis("gather", axis, source.rank);
  if (places.rank !== source.rank || places.shape.some((extent, a) => a !== at && extent !== source.shape[a])) {
    throw new ShapeError(`gather: index [${places.shape}] does not match [${source.shape}] outside of axis ${axis}`);
  }
  checkHostIndices("gather", places, source.shape[at]);
  return build(gatherOp, [source, places], at, { shape: places.shape, dtype: computeType(source) });
}

/** The transpose of `gather`: adds every entry at its place along an axis of extent `extent`. */
function scatterAlong(axis: number, index: Tensor, values: Tensor, extent: number): Tensor {
  const places = reshape(arange(extent), [extent, ...new Array<number>(index.rank - axis).fill(1)]);
  const hit = eq(unsqueeze(index, axis), places);
  return sum(where(hit, unsqueeze(values, axis), constantLike(0, values)), { axis: axis + 1 });
}

const scatterAddOp: Op<number> = defineOp<number>({
  name: "scatterAdd",
  key: (rows) => [rows],
  gradient: ([g], { inputs: [index] }) => [null, g && take(g, index)],
  lower: (l, [index, values], rows, [{ shape }]) => {
    const count = index.shape[0];
    const width = sizeOf(shape.slice(1));
    const [permutation, offsets] = l.groupBy(index, rows);
    return [l.reshape(l.segmentSum(l.reshape(values, [count, width]), permutation, offsets), shape)];
  },
});

/**
 * Adds rows at their indices: result[r] = Σ values[i] over the i with indices[i] = r, for indices [n] and values
 * [n, ...rest] → [rows, ...rest]. The order of each sum is that of i: the bits are the same in every run.
 */
export function scatterAdd(indices: TensorLike, values: TensorLike, rows: number): Tensor {
  const index = indexTensor("scatterAdd", indices);
  const tensor = asTensor(values);
  if (index.rank !== 1 || tensor.rank < 1 || tensor.shape[0] !== index.shape[0]) {
    throw new ShapeError(
      `scatterAdd: indices [n] and values [n, ...] are needed, not [${index.shape}] and [${tensor.shape}]`,
    );
  }
  requireFloat("scatterAdd", tensor);
  checkHostIndices("scatterAdd", index, rows);
  return build(scatterAddOp, [index, tensor], rows, {
    shape: [rows, ...tensor.shape.slice(1)],
    dtype: computeType(tensor),
  });
}

const topKOp: Op<number> = defineOp<number>({
  name: "topK",
  key: (k) => [k],
  gradient: ([g], { inputs: [x], outputs: [, indices] }) => [
    g && scatterAlong(x.rank - 1, indices, g, x.shape[x.rank - 1]),
  ],
  lower: (l, [x], k) => l.topK(x, k),
});

/** The k largest entries of the last axis, falling, and their places (int32); NaN is the largest, ties: the lowest place. */
export function topK(x: TensorLike, k: number): { values: Tensor; indices: Tensor } {
  const tensor = asTensor(x);
  requireFloat("topK", tensor);
  const extent = tensor.shape[tensor.rank - 1];
  if (tensor.rank === 0 || !Number.isInteger(k) || k < 1 || k > extent) {
    throw new IndexError(`topK: k = ${k} is outside [1, ${extent}] for shape [${tensor.shape}]`);
  }
  const shape = [...tensor.shape.slice(0, -1), k];
  const node = new Node(topKOp, [tensor], k, [
    { shape, dtype: computeType(tensor) },
    { shape, dtype: "int32" },
  ]);
  const [values, indices] = node.outputs;
  return { values, indices };
}

const groupByOp: Op<number> = defineOp<number>({
  name: "groupBy",
  key: (groups) => [groups],
  lower: (l, [ids], groups) => l.groupBy(ids, groups),
});

/**
 * Sorts ids [n] (int32, each in [0, groups)) stably: `permutation[p]` is the element at sorted place p, and group g has the
 * places offsets[g] … offsets[g + 1] − 1.
 */
export function groupBy(ids: TensorLike, groups: number): { permutation: Tensor; offsets: Tensor } {
  const tensor = indexTensor("groupBy", ids);
  if (tensor.rank !== 1) throw new ShapeError(`groupBy: ids [n] are needed, not [${tensor.shape}]`);
  if (!Number.isInteger(groups) || groups < 1)
    throw new IndexError(`groupBy: groups is a whole number ≥ 1, not ${groups}`);
  checkHostIndices("groupBy", tensor, groups);
  const node = new Node(groupByOp, [tensor], groups, [
    { shape: tensor.shape, dtype: "int32" },
    { shape: [groups + 1], dtype: "int32" },
  ]);
  const [permutation, offsets] = node.outputs;
  return { permutation, offsets };
}

/** Truth values [..., n] that hold where the last place equals the index; they occupy no memory until they are stored. */
export function oneHot(indices: TensorLike, n: number): Tensor {
  const index = asTensor(indices);
  if (index.dtype !== "int32") throw new DTypeError(`oneHot: indices are int32, not ${index.dtype}`);
  return eq(unsqueeze(index, index.rank), arange(n));
}

/** How often each id in [0, groups) occurs: int32 [groups]. */
export function histogram(ids: TensorLike, groups: number): Tensor {
  const tensor = indexTensor("histogram", ids);
  return sum(oneHot(reshape(tensor, [tensor.size]), groups), { axis: 0 });
}
