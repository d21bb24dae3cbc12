import { IndexError, ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../graph/op.ts";
import { Node, type Tensor, type TensorLike } from "../graph/tensor.ts";
import { sizeOf } from "../plan/view.ts";
import { asTensor, build, checkCount, checkHostIndices, computeType, indexTensor, requireFloat } from "./build.ts";
import { eq } from "./comparison.ts";
import { arange } from "./creation.ts";
import { take } from "./indexing.ts";
import { sum } from "./reduction.ts";
import { reshape, unsqueeze } from "./views.ts";

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
  checkGroups("groupBy", groups, tensor.size);
  checkHostIndices("groupBy", tensor, groups);
  const node = new Node(groupByOp, [tensor], groups, [
    { shape: tensor.shape, dtype: "int32" },
    { shape: [groups + 1], dtype: "int32" },
  ]);
  const [permutation, offsets] = node.outputs;
  return { permutation, offsets };
}

function checkGroups(op: string, groups: number, ids: number): void {
  if (Number.isSafeInteger(groups) && groups >= (ids > 0 ? 1 : 0)) return;
  throw new IndexError(`${op}: the number of groups is a whole number ≥ 1, not ${groups}`);
}

const segmentSumOp: Op<number> = defineOp<number>({
  name: "segmentSum",
  key: (segments) => [segments],
  gradient: ([g], { inputs: [, ids] }) => [g && take(g, ids), null],
  lower: (l, [values, ids], segments, [{ shape }]) => {
    const [permutation, offsets] = l.groupBy(ids, segments);
    const rows = l.reshape(values, [values.shape[0], sizeOf(shape.slice(1))]);
    return [l.reshape(l.segmentSum(rows, permutation, offsets), shape)];
  },
});

/**
 * Sums the rows of each segment: y[s] = Σ values[i] over the i with ids[i] = s, for values [n, ...rest] and ids [n] →
 * [segments, ...rest]. The order of each sum is that of i: the bits are the same in every run.
 */
export function segmentSum(values: TensorLike, ids: TensorLike, segments: number): Tensor {
  const tensor = asTensor(values, "segmentSum");
  const index = indexTensor("segmentSum", ids);
  if (index.rank !== 1 || tensor.shape[0] !== index.shape[0]) {
    throw new ShapeError(`segmentSum: values [n, ...] and ids [n] are needed, not [${tensor.shape}], [${index.shape}]`);
  }
  requireFloat("segmentSum", tensor);
  checkGroups("segmentSum", segments, index.size);
  checkHostIndices("segmentSum", index, segments);
  const shape = [segments, ...tensor.shape.slice(1)];
  return build(segmentSumOp, [tensor, index], segments, { shape, dtype: computeType(tensor) });
}

/** Truth values [..., n] that hold where the last place equals the index; they occupy no memory until they are stored. */
export function oneHot(indices: TensorLike, n: number): Tensor {
  const index = indexTensor("oneHot", indices);
  checkCount("oneHot", "n", n);
  return eq(unsqueeze(index, index.rank), arange(n));
}

/** How often each id in [0, groups) occurs: int32 [groups]. */
export function histogram(ids: TensorLike, groups: number): Tensor {
  const tensor = indexTensor("histogram", ids);
  checkCount("histogram", "groups", groups);
  return sum(oneHot(reshape(tensor, [tensor.size]), groups), { axis: 0 });
}
