import { IndexError, ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { present } from "../invariant.ts";
import { asLoad } from "../plan/value.ts";
import { contiguous, sliceView } from "../plan/view.ts";
import { asTensor, build, checkOptions, computeType, constantLike, indexTensor, normalAxis, shown } from "./build.ts";
import { sliceScatter } from "./slice-scatter.ts";
import { expand, moveAxes, reshape, squeeze } from "./views.ts";

/** Start and step along every axis, and the shape on the other side: of a slice the result's, of an embedding the input's. */
interface Slice {
  readonly start: readonly number[];
  readonly step: readonly number[];
  readonly shape: readonly number[];
}

const sliceKey = ({ start, step, shape }: Slice): number[] => [...start, ...step, ...shape];

const sliceOp: Op<Slice> = defineOp<Slice>({
  name: "slice",
  key: sliceKey,
  gradient: ([g], { inputs: [x], attributes: { start, step } }) => [g && embed(g, { start, step, shape: x.shape })],
  lower: (l, [x], { start, step, shape }) => [l.slice(x, start, step, shape)],
});

/** The inverse: the input at the places of a slice of zeros. `shape` is the result's. */
const embedOp: Op<Slice> = defineOp<Slice>({
  name: "embed",
  key: sliceKey,
  gradient: ([g], { inputs: [x], attributes: { start, step } }) => [
    g && build(sliceOp, [g], { start, step, shape: x.shape }, { shape: x.shape, dtype: g.dtype }),
  ],
  lower: (l, [x], { start, step, shape }) => {
    if (step.every((s) => s === 1)) return [l.pad(x, start, shape, 0)];
    const result = l.copy(l.expand(l.constant(0, x.expr.dtype), shape));
    l.storeAt(x, { buffer: present(asLoad(result)).buffer, view: sliceView(contiguous(shape), start, step, x.shape) });
    return [result];
  },
});

/** The tensor at the places of a slice of zeros, whose shape `slice` has. */
export function embed(x: Tensor, slice: Slice): Tensor {
  return build(embedOp, [x], slice, { shape: slice.shape, dtype: computeType(x) });
}

/** `length` elements from `start` in steps along one axis. */
export function along(tensor: Tensor, axis: number, start: number, step: number, length: number): Tensor {
  const shape = tensor.shape.map((extent, a) => (a === axis ? length : extent));
  const attributes = {
    start: tensor.shape.map((_, a) => (a === axis ? start : 0)),
    step: tensor.shape.map((_, a) => (a === axis ? step : 1)),
    shape,
  };
  return build(sliceOp, [tensor], attributes, { shape, dtype: computeType(tensor) });
}

/**
 * Elements start, start + step, … before stop along an axis, with NumPy's rules for negative and missing bounds. The
 * bounds are structure: use `narrow` where the start varies from run to run.
 */
export function slice(x: TensorLike, axis: number, start?: number | null, stop?: number | null, step = 1): Tensor {
  const tensor = asTensor(x, "slice");
  const at = normalAxis("slice", axis, tensor.rank);
  const extent = tensor.shape[at];
  if (!Number.isInteger(step) || step === 0) throw new IndexError(`slice: the step is a whole number ≠ 0, not ${step}`);
  const bound = (value: number | null | undefined, missing: number): number => {
    if (value === null || value === undefined) return missing;
    if (!Number.isInteger(value)) throw new IndexError(`slice: bounds are whole numbers, not ${shown(value)}`);
    const normal = value < 0 ? value + extent : value;
    return step > 0 ? Math.min(Math.max(normal, 0), extent) : Math.min(Math.max(normal, -1), extent - 1);
  };
  const first = bound(start, step > 0 ? 0 : extent - 1);
  const end = bound(stop, step > 0 ? extent : -1);
  const length = Math.max(0, Math.ceil((end - first) / step));
  if (length === extent && step === 1) return tensor;
  return along(tensor, at, length === 0 ? 0 : first, step, length);
}

/** The entries at one place of an axis, which disappears. */
export function select(x: TensorLike, axis: number, index: number): Tensor {
  const tensor = asTensor(x, "select");
  const at = normalAxis("select", axis, tensor.rank);
  const normal = index < 0 ? index + tensor.shape[at] : index;
  if (!Number.isInteger(index) || normal < 0 || normal >= tensor.shape[at]) {
    throw new IndexError(`select: index ${index} is out of range for axis ${axis} of shape [${tensor.shape}]`);
  }
  return squeeze(along(tensor, at, normal, 1, 1), at);
}

/** The elements along axes in reverse order. */
export function flip(x: TensorLike, axis: number | readonly number[]): Tensor {
  let tensor = asTensor(x, "flip");
  for (const a of [axis].flat()) {
    const at = normalAxis("flip", a, tensor.rank);
    if (tensor.shape[at] > 1) tensor = along(tensor, at, tensor.shape[at] - 1, -1, tensor.shape[at]);
  }
  return tensor;
}

/**
 * The entries (i, i + offset) of the matrices that two axes span, along a new last axis: [..., m, n] → [..., length].
 * `offset` > 0 lies above the main diagonal.
 */
export function diagonal(
  x: TensorLike,
  options: { readonly offset?: number; readonly axis1?: number; readonly axis2?: number } = {},
): Tensor {
  checkOptions("diagonal", options, "offset", "axis1", "axis2");
  const { offset = 0, axis1 = 0, axis2 = 1 } = options;
  if (!Number.isInteger(offset)) throw new IndexError(`diagonal: the offset is a whole number, not ${offset}`);
  const moved = moveAxes("diagonal", x, [axis1, axis2], [-2, -1]);
  const [batch, [m, n]] = [moved.shape.slice(0, -2), moved.shape.slice(-2)];
  const [row, column] = [Math.max(0, -offset), Math.max(0, offset)];
  const length = Math.max(0, Math.min(m - row, n - column));
  // Of the rows laid end to end, every (n + 1)st entry.
  const rows = reshape(moved, [...batch, m * n]);
  return along(rows, batch.length, length === 0 ? 0 : row * n + column, n + 1, length);
}

interface Narrow {
  readonly axis: number;
  readonly length: number;
}

const narrowOp: Op<Narrow> = defineOp<Narrow>({
  name: "narrow",
  key: ({ axis, length }) => [axis, length],
  gradient: ([g], { inputs: [x, start], attributes: { axis } }) => [
    g && sliceScatter(expand(constantLike(0, g), x.shape), axis, start, g),
    null,
  ],
  lower: (l, [x, start], { axis, length }, [{ shape }]) => [
    l.gather(x, axis, l.expand(start, shape), (source) => ({ ...source, shape }), x.shape[axis] - length + 1),
  ],
});

/** Where `length` places along an axis begin: a run-time number, from the end if negative, or an int32 scalar. */
export function startOf(op: string, x: Tensor, axis: number, start: TensorLike, length: number): Tensor {
  const first = typeof start === "number" && start < 0 ? start + x.shape[axis] : start;
  if (typeof first === "number" && !(Number.isInteger(first) && first >= 0 && first + length <= x.shape[axis])) {
    throw new IndexError(`${op}: [${first}, ${first + length}) is outside axis ${axis} of shape [${x.shape}]`);
  }
  const index = indexTensor(op, first);
  if (index.size !== 1) throw new ShapeError(`${op}: a start is one number, not of shape [${index.shape}]`);
  return reshape(index, []);
}

/** `length` elements along an axis from a start that is a run-time number (from the end if negative), or an int32 scalar. */
export function narrow(x: TensorLike, axis: number, start: TensorLike, length: number): Tensor {
  const tensor = asTensor(x, "narrow");
  const at = normalAxis("narrow", axis, tensor.rank);
  if (!Number.isInteger(length) || length < 0 || length > tensor.shape[at]) {
    throw new IndexError(`narrow: length ${length} does not fit axis ${axis} of shape [${tensor.shape}]`);
  }
  const shape = tensor.shape.map((e, a) => (a === at ? length : e));
  const offset = startOf("narrow", tensor, at, start, length);
  return build(narrowOp, [tensor, offset], { axis: at, length }, { shape, dtype: computeType(tensor) });
}
