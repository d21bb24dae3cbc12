import { IndexError, ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../graph/op.ts";
import type { Tensor, TensorLike } from "../graph/tensor.ts";
import { contiguous, sameShape, sizeOf, sliceView } from "../plan/view.ts";
import { clamp, sub } from "./arithmetic.ts";
import { asTensor, broadcastShapes, build, computeType, constantLike, indexTensor, normalAxis } from "./build.ts";
import { ge, logicalAnd, lt, where } from "./comparison.ts";
import { arange } from "./creation.ts";
import { gather } from "./indexing.ts";
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
  const tensor = asTensor(x);
  const target = fillShape(tensor, shape);
  if (sameShape(tensor.shape, target)) return tensor;
  return build(reshapeOp, [tensor], target, { shape: target, dtype: computeType(tensor) });
}

function fillShape(tensor: Tensor, shape: readonly number[]): readonly number[] {
  const known = shape.filter((extent) => extent !== -1);
  const size = sizeOf(known);
  const open = shape.length - known.length;
  const fits = open === 1 ? size > 0 && tensor.size % size === 0 : size === tensor.size;
  if (open > 1 || !fits || known.some((extent) => !Number.isInteger(extent) || extent < 0)) {
    throw new ShapeError(`reshape: [${tensor.shape}] (${tensor.size} elements) cannot become [${shape}]`);
  }
  return shape.map((extent) => (extent === -1 ? tensor.size / size : extent));
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
  const tensor = asTensor(x);
  const axes = order.map((axis) => normalAxis("permute", axis, tensor.rank));
  if (axes.length !== tensor.rank || new Set(axes).size !== axes.length) {
    throw new IndexError(`permute: [${order}] is no order of the ${tensor.rank} axes of shape [${tensor.shape}]`);
  }
  return build(permuteOp, [tensor], axes, {
    shape: axes.map((axis) => tensor.shape[axis]),
    dtype: computeType(tensor),
  });
}

/** Exchanges two axes, by default the last two. */
export function transpose(x: TensorLike, axisA = -2, axisB = -1): Tensor {
  const tensor = asTensor(x);
  const [a, b] = [normalAxis("transpose", axisA, tensor.rank), normalAxis("transpose", axisB, tensor.rank)];
  return permute(
    tensor,
    tensor.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis)),
  );
}

const expandOp: Op<Shape> = defineOp<Shape>({
  name: "expand",
  key: (shape) => shape,
  gradient: ([g], { inputs: [x] }) => [g && sumTo(g, x.shape)],
  lower: (l, [x], shape) => [l.expand(x, shape)],
});

/** Broadcasts to a shape; nothing is copied. */
export function expand(x: TensorLike, shape: readonly number[]): Tensor {
  const tensor = asTensor(x);
  if (sameShape(tensor.shape, shape)) return tensor;
  if (!sameShape(broadcastShapes("expand", tensor.shape, shape), shape)) {
    throw new ShapeError(`expand: [${tensor.shape}] does not broadcast to [${shape}]`);
  }
  return build(expandOp, [tensor], [...shape], { shape: [...shape], dtype: computeType(tensor) });
}

/** Removes an axis of extent 1. */
export function squeeze(x: TensorLike, axis: number): Tensor {
  const tensor = asTensor(x);
  const at = normalAxis("squeeze", axis, tensor.rank);
  if (tensor.shape[at] !== 1) {
    throw new ShapeError(`squeeze: axis ${axis} of [${tensor.shape}] has extent ${tensor.shape[at]}, not 1`);
  }
  return reshape(
    tensor,
    tensor.shape.filter((_, a) => a !== at),
  );
}

/** Adds an axis of extent 1. */
export function unsqueeze(x: TensorLike, axis: number): Tensor {
  const tensor = asTensor(x);
  const at = normalAxis("unsqueeze", axis, tensor.rank + 1);
  return reshape(tensor, [...tensor.shape.slice(0, at), 1, ...tensor.shape.slice(at)]);
}

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
  lower: (l, [x], { start, step, shape }, [{ dtype }]) => {
    if (step.every((s) => s === 1)) return [l.pad(x, start, shape, 0)];
    const result = l.copy(l.expand(l.constant(0, x.expr.dtype), shape));
    if (result.expr.kind !== "load") throw new Error(`embed: a stored ${dtype} value is a load`);
    l.storeAt(x, { buffer: result.expr.buffer, view: sliceView(contiguous(shape), start, step, x.shape) });
    return [result];
  },
});

function embed(x: Tensor, slice: Slice): Tensor {
  return build(embedOp, [x], slice, { shape: slice.shape, dtype: computeType(x) });
}

function along(tensor: Tensor, axis: number, start: number, step: number, length: number): Tensor {
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
  const tensor = asTensor(x);
  const at = normalAxis("slice", axis, tensor.rank);
  const extent = tensor.shape[at];
  if (!Number.isInteger(step) || step === 0) throw new IndexError(`slice: the step is a whole number ≠ 0, not ${step}`);
  const bound = (value: number | null | undefined, missing: number): number => {
    if (value === null || value === undefined) return missing;
    if (!Number.isInteger(value)) throw new IndexError(`slice: bounds are whole numbers, not ${value}`);
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
  const tensor = asTensor(x);
  const at = normalAxis("select", axis, tensor.rank);
  const normal = index < 0 ? index + tensor.shape[at] : index;
  if (!Number.isInteger(index) || normal < 0 || normal >= tensor.shape[at]) {
    throw new IndexError(`select: index ${index} is out of range for axis ${axis} of shape [${tensor.shape}]`);
  }
  return squeeze(along(tensor, at, normal, 1, 1), at);
}

/** The elements along axes in reverse order. */
export function flip(x: TensorLike, axis: number | readonly number[]): Tensor {
  let tensor = asTensor(x);
  for (const a of typeof axis === "number" ? [axis] : axis) {
    const at = normalAxis("flip", a, tensor.rank);
    if (tensor.shape[at] > 1) tensor = along(tensor, at, tensor.shape[at] - 1, -1, tensor.shape[at]);
  }
  return tensor;
}

/** Pieces of the given extents along an axis. */
export function split(x: TensorLike, sizes: readonly number[], axis = 0): Tensor[] {
  const tensor = asTensor(x);
  const at = normalAxis("split", axis, tensor.rank);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total !== tensor.shape[at] || sizes.some((size) => !Number.isInteger(size) || size < 0)) {
    throw new ShapeError(`split: sizes [${sizes}] do not add up to axis ${axis} of shape [${tensor.shape}]`);
  }
  let start = 0;
  return sizes.map((size) => {
    const piece = along(tensor, at, start, 1, size);
    start += size;
    return piece;
  });
}

interface Narrow {
  readonly axis: number;
  readonly length: number;
}

const narrowOp: Op<Narrow> = defineOp<Narrow>({
  name: "narrow",
  key: ({ axis, length }) => [axis, length],
  gradient: ([g], { inputs: [x, start], attributes: { axis, length } }) => {
    if (!g) return [null, null];
    // Where the element came from, counted from the run-time start.
    const place = sub(arange(x.shape[axis]), start);
    const inside = logicalAnd(ge(place, constantLike(0, place)), lt(place, constantLike(length, place)));
    const oneAxis = x.shape.map((extent, a) => (a === axis ? extent : 1));
    const from = clamp(place, { min: constantLike(0, place), max: constantLike(length - 1, place) });
    const moved = gather(g, axis, expand(reshape(from, oneAxis), x.shape));
    return [where(reshape(inside, oneAxis), moved, constantLike(0, g)), null];
  },
  lower: (l, [x, start], { axis, length }, [{ shape }]) => [
    l.gather(x, axis, l.expand(start, shape), (source) => ({ ...source, shape }), x.shape[axis] - length + 1),
  ],
});

/** `length` elements from a start that is a run-time number (or an int32 scalar) along an axis. */
export function narrow(x: TensorLike, axis: number, start: TensorLike, length: number): Tensor {
  const tensor = asTensor(x);
  const at = normalAxis("narrow", axis, tensor.rank);
  const extent = tensor.shape[at];
  if (!Number.isInteger(length) || length < 0 || length > extent) {
    throw new IndexError(`narrow: length ${length} does not fit axis ${axis} of shape [${tensor.shape}]`);
  }
  if (typeof start === "number" && (!Number.isInteger(start) || start < 0 || start + length > extent)) {
    throw new IndexError(`narrow: [${start}, ${start + length}) is outside axis ${axis} of shape [${tensor.shape}]`);
  }
  const shape = tensor.shape.map((e, a) => (a === at ? length : e));
  const offset = reshape(indexTensor("narrow", start), []);
  return build(narrowOp, [tensor, offset], { axis: at, length }, { shape, dtype: computeType(tensor) });
}

/** Surrounds with zeros: `[before, after]` for every axis. */
export function pad(x: TensorLike, widths: readonly (readonly [number, number])[]): Tensor {
  const tensor = asTensor(x);
  if (widths.length !== tensor.rank || widths.some((w) => w.some((n) => !Number.isInteger(n) || n < 0))) {
    throw new ShapeError(
      `pad: [before, after] ≥ 0 for each axis of [${tensor.shape}] is needed, not [${widths.join("; ")}]`,
    );
  }
  const shape = tensor.shape.map((extent, axis) => widths[axis][0] + extent + widths[axis][1]);
  return embed(tensor, { start: widths.map(([before]) => before), step: tensor.shape.map(() => 1), shape });
}

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
  if (tensors.length === 0) throw new ShapeError("concat: at least one tensor is needed");
  const inputs = tensors.map(asTensor);
  const [first] = inputs;
  const at = normalAxis("concat", axis, first.rank);
  for (const input of inputs) {
    const fits = input.rank === first.rank && input.shape.every((extent, a) => a === at || extent === first.shape[a]);
    if (!fits || input.dtype !== first.dtype) {
      throw new ShapeError(
        `concat: [${input.shape}] ${input.dtype} does not join [${first.shape}] ${first.dtype} along axis ${axis}`,
      );
    }
  }
  if (inputs.length === 1) return first;
  const total = inputs.reduce((sum, input) => sum + input.shape[at], 0);
  const shape = first.shape.map((extent, a) => (a === at ? total : extent));
  return build(concatOp, inputs, at, { shape, dtype: computeType(first) });
}

/** Joins tensors of one shape along a new axis. */
export function stack(tensors: readonly TensorLike[], axis = 0): Tensor {
  return concat(
    tensors.map((tensor) => unsqueeze(tensor, axis)),
    axis,
  );
}
