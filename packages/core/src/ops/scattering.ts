import { DTypeError, ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import type { Value } from "../plan/value.ts";
import { rowMajor, sizeOf } from "../plan/view.ts";
import { add, sub } from "./arithmetic.ts";
import {
  asTensor,
  broadcastShapes,
  build,
  checkHostIndices,
  computeType,
  constantLike,
  fillLike,
  indexTensor,
  normalAxis,
  requireFloat,
} from "./build.ts";
import { eq, gt, where } from "./comparison.ts";
import { arange } from "./creation.ts";
import { maximum } from "./extremes.ts";
import { groupBy, segmentSum } from "./grouping.ts";
import { take } from "./indexing.ts";
import { sum } from "./reduction.ts";
import { slice } from "./slicing.ts";
import { expand, flatten, moveAxis, reshape, unsqueeze } from "./views.ts";

/** Where entries go: along `axis` of a tensor of the shape. */
interface Target {
  readonly axis: number;
  readonly shape: readonly number[];
}

/**
 * The place in row-major order of x[i₀, …, index[i₀, i₁, …], …]. Every index is looked up in a list of the places along
 * the axis, so that one that is out of range fails the plan.
 */
const placesOp: Op<Target> = defineOp<Target>({
  name: "scatter",
  key: ({ axis, shape }) => [axis, ...shape],
  lower: (l, [index], { axis, shape: target }, [{ shape }]) => {
    const strides = rowMajor(target);
    const places = (of: readonly number[], steps: readonly number[]): Value => ({
      shape: of,
      expr: { kind: "index", dtype: "int32", view: { shape: of, strides: steps, offset: 0 } },
    });
    const nowhere = shape.map(() => 0);
    const along = l.gather(places([target[axis]], [strides[axis]]), 0, index, () => ({
      shape,
      strides: nowhere,
      offset: 0,
    }));
    const others = places(
      shape,
      strides.map((stride, a) => (a === axis ? 0 : stride)),
    );
    return [l.map("add", "int32", along, others)];
  },
});

function placesOf(index: Tensor, target: Target): Tensor {
  return reshape(build(placesOp, [index], target, { shape: index.shape, dtype: "int32" }), [index.size]);
}

/** More entries per line than this are sorted, fewer compared with every place. */
const fewEntries = 32;

/** The transpose of `gather`: zeros with every value added at its place along an axis of the given extent. */
export function scatterAlong(axis: number, index: Tensor, values: Tensor, extent: number): Tensor {
  const shape = index.shape.map((e, a) => (a === axis ? extent : e));
  if (index.shape[axis] > fewEntries) {
    return reshape(segmentSum(flatten(values), placesOf(index, { axis, shape }), sizeOf(shape)), shape);
  }
  const places = reshape(arange(extent), [extent, ...new Array<number>(index.rank - axis).fill(1)]);
  const hit = eq(unsqueeze(index, axis), places);
  return sum(where(hit, unsqueeze(values, axis), constantLike(0, values)), { axis: axis + 1 });
}

/** Arguments of a scatter: the target, its places that are written (row-major), and what is written there. */
interface Scattering {
  readonly target: Tensor;
  readonly places: Tensor;
  readonly written: Tensor;
}

function scattering(op: string, x: TensorLike, axis: number, index: TensorLike, values: TensorLike): Scattering {
  const target = asTensor(x, op);
  const at = normalAxis(op, axis, target.rank);
  const places = indexTensor(op, index);
  const written = typeof values === "number" ? fillLike(op, values, target) : asTensor(values, op);
  const { shape } = places;
  const within = (whole: Tensor, free?: number): boolean =>
    whole.rank === shape.length && shape.every((extent, a) => a === free || extent <= whole.shape[a]);
  const one = written.rank === 0;
  if (!within(target, at) || (!one && !within(written))) {
    throw new ShapeError(
      `${op}: index [${shape}] along axis ${axis} does not fit into [${target.shape}] and values [${written.shape}]`,
    );
  }
  if (computeType(written) !== computeType(target)) {
    throw new DTypeError(`${op}: values are ${written.dtype}, not ${target.dtype}; cast one of them`);
  }
  checkHostIndices(op, places, target.shape[at]);
  const used = one ? written : shape.reduce((part, extent, a) => slice(part, a, 0, extent), written);
  return { target, places: placesOf(places, { axis: at, shape: target.shape }), written: used };
}

/**
 * Adds values at computed places along an axis: y = x, then y[i, index[i, j, …], …] += values[i, j, …]. Along the other
 * axes `index` may be smaller than x, and along all axes smaller than the values, whose rest is not used; a number is
 * added everywhere. The order of each sum is row-major: the bits are the same in every run.
 */
export function scatterAdd(x: TensorLike, axis: number, index: TensorLike, values: TensorLike): Tensor {
  const { target, places, written } = scattering("scatterAdd", x, axis, index, values);
  requireFloat("scatterAdd", target);
  const terms = flatten(expand(written, asTensor(index).shape));
  return add(target, reshape(segmentSum(terms, places, target.size), target.shape));
}

/**
 * Writes values at computed places along an axis: y = x, then y[i, index[i, j, …], …] = values[i, j, …]; where several go
 * to one place, the last one in row-major order stays. Shapes as in `scatterAdd`.
 */
export function scatter(x: TensorLike, axis: number, index: TensorLike, values: TensorLike): Tensor {
  const { target, places, written } = scattering("scatter", x, axis, index, values);
  if (places.size === 0) return target;
  const { permutation, offsets } = groupBy(places, target.size);
  const ends = slice(offsets, 0, 1);
  const hit = reshape(gt(ends, slice(offsets, 0, 0, -1)), target.shape);
  if (written.rank === 0) return where(hit, written, target);
  const last = take(permutation, maximum(sub(ends, constantLike(1, ends)), constantLike(0, ends)));
  return where(hit, reshape(take(flatten(written), last), target.shape), target);
}

/** Adds slices of values at places along an axis: y = x, then y[…, indices[k], …] += values[…, k, …] for each k in turn. */
export function indexAdd(x: TensorLike, axis: number, indices: TensorLike, values: TensorLike): Tensor {
  const target = asTensor(x, "indexAdd");
  const at = normalAxis("indexAdd", axis, target.rank);
  const added = asTensor(values, "indexAdd");
  if (added.rank !== target.rank || added.shape.some((extent, a) => a !== at && extent !== target.shape[a])) {
    throw new ShapeError(`indexAdd: values [${added.shape}] do not match [${target.shape}] outside of axis ${axis}`);
  }
  requireFloat("indexAdd", added);
  const index = indexTensor("indexAdd", indices);
  if (index.rank !== 1 || index.size !== added.shape[at]) {
    throw new ShapeError(
      `indexAdd: indices [${added.shape[at]}] are needed for values [${added.shape}], not [${index.shape}]`,
    );
  }
  checkHostIndices("indexAdd", index, target.shape[at]);
  const sums = segmentSum(moveAxis(added, at, 0), index, target.shape[at]);
  return add(target, moveAxis(sums, 0, at));
}

/** A value wherever the mask is true, x elsewhere; the value is a number or a scalar tensor. */
export function maskedFill(x: TensorLike, mask: TensorLike, value: TensorLike): Tensor {
  const [target, test] = [asTensor(x, "maskedFill"), asTensor(mask, "maskedFill")];
  if (test.dtype !== "bool") throw new DTypeError(`maskedFill: the mask is bool, not ${test.dtype}`);
  broadcastShapes("maskedFill", target.shape, test.shape);
  const filled = where(test, typeof value === "number" ? fillLike("maskedFill", value, target) : value, target);
  if (filled.dtype !== computeType(target)) {
    throw new DTypeError(`maskedFill: a value of type ${filled.dtype} does not go into ${target.dtype}`);
  }
  return filled;
}
