import { IndexError } from "../errors.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { asTensor, build, checkOptions, normalAxis } from "./build.ts";
import { asNumbers } from "./conversion.ts";
import { gather } from "./indexing.ts";
import { moveAxis, reshape } from "./views.ts";

/** Entries in order, and the places (int32) at which they stood. */
export interface Sorted {
  readonly values: Tensor;
  readonly indices: Tensor;
}

export interface SortOptions {
  /** Default: the last. */
  readonly axis?: number;
  /** From the largest to the smallest; default: false. */
  readonly descending?: boolean;
}

interface Order {
  readonly k: number;
  readonly descending: boolean;
}

/** Places of the first k along the last axis. */
const argsortOp: Op<Order> = defineOp<Order>({
  name: "argsort",
  key: ({ k, descending }) => [k, Number(descending)],
  lower: (l, [x], { k, descending }) => [l.sort(x, k, descending)],
});

function firstPlaces(x: Tensor, axis: number, k: number, descending: boolean): Tensor {
  const last = moveAxis(asNumbers(x), axis, -1);
  const shape = [...last.shape.slice(0, -1), k];
  return moveAxis(build(argsortOp, [last], { k, descending }, { shape, dtype: "int32" }), -1, axis);
}

/** Entries of rank 0 are sorted as one entry of rank 1. */
function sorted(name: string, x: Tensor, axis: number, k: number | null, descending: boolean): Sorted {
  const source = x.rank === 0 ? reshape(x, [1]) : x;
  const at = normalAxis(name, axis, source.rank);
  const extent = source.shape[at];
  if (k !== null && !(Number.isInteger(k) && k >= 1 && k <= extent)) {
    throw new IndexError(`${name}: k = ${k} is outside [1, ${extent}] for axis ${axis} of shape [${x.shape}]`);
  }
  const indices = firstPlaces(source, at, k ?? extent, descending);
  const values = gather(source, at, indices);
  return x.rank === 0 ? { values: reshape(values, []), indices: reshape(indices, []) } : { values, indices };
}

/**
 * Sorts along an axis: `values` rising (or falling) and `indices` int32, so that values = x at indices. Stable: equal
 * entries keep their order, also falling. NaN is the largest (NumPy, PyTorch).
 */
export function sort(x: TensorLike, options: SortOptions = {}): Sorted {
  return inOrder("sort", x, options);
}

function inOrder(op: string, x: TensorLike, options: SortOptions): Sorted {
  checkOptions(op, options, "axis", "descending");
  return sorted(op, asTensor(x, op), options.axis ?? -1, null, options.descending ?? false);
}

/** The places (int32) of the entries in sorted order along an axis; stable, NaN is the largest. */
export function argsort(x: TensorLike, options: SortOptions = {}): Tensor {
  return inOrder("argsort", x, options).indices;
}

/**
 * The k largest entries along an axis, falling, and their places (int32); or the k smallest, rising. NaN is the largest;
 * ties: the lowest place first.
 */
export function topK(
  x: TensorLike,
  k: number,
  options: { readonly axis?: number; readonly largest?: boolean } = {},
): Sorted {
  checkOptions("topK", options, "axis", "largest");
  return sorted("topK", asTensor(x, "topK"), options.axis ?? -1, k, options.largest ?? true);
}
