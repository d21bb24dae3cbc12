/** The same elements in other places: exact in every dtype. */
import type { ComputeDType } from "../../src/dtype.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import * as functions from "../../src/ops/functions.ts";
import * as methods from "../../src/ops/methods.ts";
import { sizeOf } from "../../src/plan/view.ts";
import { alike, ofRank } from "./choose.ts";
import { axisOf, flag, integer, one, rankedShape } from "./draw.ts";
import { inputIn, type Signature } from "./input.ts";
import { type Draw, type Spec, type Specs, spec } from "./spec.ts";

const dtypes: readonly ComputeDType[] = ["float32", "int32", "bool"];

/** A view of one operand with at least so many axes, none longer than `longest`. */
function view(
  make: (draw: Draw, x: Signature, rank: number) => (x: Tensor) => Tensor | readonly Tensor[],
  least = 1,
  longest = Number.POSITIVE_INFINITY,
): Spec {
  return spec(
    (draw) => {
      const extents = rankedShape(draw, least).map((extent) => Math.min(extent, longest));
      return [draw(inputIn, one(draw, dtypes), extents, "any")];
    },
    (draw, [x]) => {
      const f = make(draw, x, x.shape.length);
      return { call: (operand) => f(operand), model: "bits" };
    },
    ofRank(least),
  );
}

/** Several operands along an axis. */
function joined(vary: boolean, join: (tensors: readonly Tensor[], axis: number) => Tensor): Spec {
  return spec(
    (draw) => {
      const dtype = one(draw, dtypes);
      const common = rankedShape(draw);
      const count = integer(draw, 1, 3);
      return Array.from({ length: count }, () =>
        draw(inputIn, dtype, vary ? [integer(draw, 0, 4), ...common.slice(1)] : common, "any"),
      );
    },
    (draw, [first]) => {
      const axis = vary ? one(draw, [0, -first.shape.length]) : axisOf(draw, first.shape.length);
      return { call: (...tensors) => join(tensors, axis), model: "bits" };
    },
    alike((draw) => integer(draw, 1, 3)),
  );
}

/** Cuts an extent into pieces, some of them empty. */
function pieces(draw: Draw, extent: number): number[] {
  const first = integer(draw, 0, extent);
  const second = integer(draw, 0, extent - first);
  return [first, second, extent - first - second];
}

const at = (shape: readonly number[], axis: number): number => shape[axis < 0 ? axis + shape.length : axis];

export const views: Specs = {
  reshape: view((draw, { shape }) => {
    const target = one(draw, [
      [sizeOf(shape)],
      [...shape].reverse(),
      [1, ...shape],
      ...(sizeOf(shape) > 0 ? [[-1], [shape[0], -1]] : []),
      [sizeOf(shape.slice(0, 1)), sizeOf(shape.slice(1))],
    ]);
    return (x) => methods.reshape(x, target);
  }),
  flatten: view((draw, _x, rank) => {
    const start = integer(draw, 0, rank - 1);
    const end = integer(draw, start, rank - 1);
    return (x) => methods.flatten(x, start, flag(draw) ? end - rank : end);
  }),
  permute: view((draw, _x, rank) => {
    const rest = Array.from({ length: rank }, (_, axis) => axis);
    const order = rest.slice().map(() => rest.splice(integer(draw, 0, rest.length - 1), 1)[0]);
    return (x) => methods.permute(x, order);
  }),
  transpose: view((draw, _x, rank) => {
    const [a, b] = [axisOf(draw, rank), axisOf(draw, rank)];
    return flag(draw) ? (x) => methods.transpose(x) : (x) => methods.transpose(x, a, b);
  }, 2),
  moveAxis: view((draw, _x, rank) => {
    const [from, to] = [axisOf(draw, rank), axisOf(draw, rank)];
    return (x) => methods.moveAxis(x, from, to);
  }),
  expand: view((draw, { shape }) => {
    const target = [
      ...(flag(draw) ? [integer(draw, 0, 3)] : []),
      ...shape.map((e) => (e === 1 ? integer(draw, 0, 3) : e)),
    ];
    return (x) => methods.expand(x, target);
  }, 0),
  squeeze: view((draw, { shape }) => {
    const single = [...shape.keys()].filter((axis) => shape[axis] === 1 && flag(draw));
    return flag(draw) ? (x) => methods.squeeze(x) : (x) => methods.squeeze(x, single);
  }, 0),
  unsqueeze: view((draw, _x, rank) => {
    const axis = axisOf(draw, rank + 1);
    return (x) => methods.unsqueeze(x, axis);
  }, 0),
  slice: view((draw, { shape }, rank) => {
    const axis = axisOf(draw, rank);
    const bound = (): number | null => (flag(draw) ? null : integer(draw, -at(shape, axis) - 2, at(shape, axis) + 2));
    const [start, stop, step] = [bound(), bound(), one(draw, [1, -1, 2, -2, 3])];
    return (x) => methods.slice(x, axis, start, stop, step);
  }),
  narrow: view((draw, { shape }, rank) => {
    const axis = axisOf(draw, rank);
    const length = integer(draw, 0, at(shape, axis));
    const start = integer(draw, 0, at(shape, axis) - length);
    return (x) => methods.narrow(x, axis, start, length);
  }),
  select: view((draw, { shape }, rank) => {
    const axis = one(draw, [...shape.keys()]);
    const extent = shape[axis];
    // Nothing can be selected from an empty axis: all of it is flipped.
    if (extent === 0) return (x) => methods.flip(x, axis);
    const index = integer(draw, -extent, extent - 1);
    return (x) => methods.select(x, flag(draw) ? axis - rank : axis, index);
  }),
  flip: view((draw, _x, rank) => {
    const axes = Array.from({ length: rank }, (_, axis) => axis).filter(() => flag(draw));
    return (x) => methods.flip(x, axes);
  }),
  diagonal: view((draw, _x, rank) => {
    const axis1 = integer(draw, 0, rank - 1);
    const axis2 = (axis1 + integer(draw, 1, rank - 1)) % rank;
    const offset = integer(draw, -2, 2);
    return (x) => methods.diagonal(x, { offset, axis1, axis2 });
  }, 2),
  tril: view((draw) => {
    const diagonal = integer(draw, -2, 2);
    return (x) => methods.tril(x, diagonal);
  }, 2),
  triu: view((draw) => {
    const diagonal = integer(draw, -2, 2);
    return (x) => methods.triu(x, diagonal);
  }, 2),
  pad: view((draw, { shape, dtype }) => {
    const widths = shape.map((): [number, number] => [integer(draw, 0, 2), integer(draw, 0, 2)]);
    const value = integer(draw, 0, dtype === "bool" ? 1 : 3);
    return flag(draw) ? (x) => methods.pad(x, widths) : (x) => methods.pad(x, widths, { value });
  }, 0),
  split: view((draw, { shape }, rank) => {
    const axis = axisOf(draw, rank);
    const sizes = pieces(draw, at(shape, axis));
    return (x) => methods.split(x, sizes, axis);
  }),
  chunk: view((draw, _x, rank) => {
    const [axis, count] = [axisOf(draw, rank), integer(draw, 1, 4)];
    return (x) => methods.chunk(x, count, axis);
  }),
  unbind: view(
    (draw, _x, rank) => {
      const axis = axisOf(draw, rank);
      return (x) => methods.unbind(x, axis);
    },
    1,
    7,
  ),
  roll: view((draw, _x, rank) => {
    const [axis, shift] = [axisOf(draw, rank), integer(draw, -5, 5)];
    return flag(draw) ? (x) => methods.roll(x, shift) : (x) => methods.roll(x, shift, axis);
  }),
  repeat: view((draw, _x, rank) => {
    const counts = Array.from({ length: rank + integer(draw, 0, 1) }, () => integer(draw, 0, 2));
    return (x) => methods.repeat(x, counts);
  }, 0),
  repeatInterleave: view((draw, { shape }, rank) => {
    const axis = axisOf(draw, rank);
    const counts = flag(draw)
      ? integer(draw, 0, 3)
      : Array.from({ length: at(shape, axis) }, () => integer(draw, 0, 2));
    return (x) => methods.repeatInterleave(x, counts, axis);
  }),
  sliceScatter: spec(
    (draw) => {
      const dtype = one(draw, dtypes);
      const common = rankedShape(draw);
      const part = common.map((extent, axis) => (axis === 0 ? integer(draw, 0, extent) : extent));
      return [draw(inputIn, dtype, common, "any"), draw(inputIn, dtype, part, "any")];
    },
    (draw, [x, part]) => {
      const start = integer(draw, 0, x.shape[0] - part.shape[0]);
      return { call: (whole, values) => methods.sliceScatter(whole, 0, start, values), model: "bits" };
    },
  ),
  concat: joined(true, functions.concat),
  stack: joined(false, functions.stack),
};
