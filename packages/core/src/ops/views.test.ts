/** Ops that move elements, on random shapes, against plain index arithmetic. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { axisOf, flag, integer, one, rankedShape } from "../../test/differential/draw.ts";
import type { Draw } from "../../test/differential/spec.ts";
import { coordinatesOf, placeOf } from "../../test/walk.ts";
import "../backends/reference/index.ts";
import { arange, concat, IndexError, ShapeError, setDefaultDevice, stack, type Tensor, tensor } from "../index.ts";
import { sizeOf } from "../plan/view.ts";

type Coordinates = readonly number[];

/** An op on a tensor of a given shape, and where each element of its result comes from; `null`: the fill. */
interface Moved {
  readonly call: (x: Tensor) => Tensor;
  readonly shape: readonly number[];
  readonly from: (c: Coordinates) => Coordinates | null;
  readonly fill?: number;
}

/** The coordinate of one axis changed. */
const at = (c: Coordinates, axis: number, change: (i: number) => number): number[] =>
  c.map((i, a) => (a === axis ? change(i) : i));
const extents = at;
const normal = (axis: number, rank: number): number => (axis + rank) % rank;
const without = <T>(list: readonly T[], axis: number): T[] => list.filter((_, a) => a !== axis);
const inserted = (c: Coordinates, axis: number, value: number): number[] => [
  ...c.slice(0, axis),
  value,
  ...c.slice(axis),
];

/** Coordinates of the element with the same place in row-major order. */
function samePlace(target: readonly number[], source: readonly number[]): (c: Coordinates) => number[] {
  const all = coordinatesOf(source);
  return (c) => all[placeOf(c, target)];
}

type Move = (draw: Draw, shape: readonly number[]) => Moved;

const moves: Readonly<Record<string, (draw: Draw, shape: readonly number[]) => Moved>> = {
  reshape: (draw, shape) => {
    const open = sizeOf(shape) > 0 && flag(draw);
    const target = [shape[0], sizeOf(shape.slice(1))];
    return { call: (x) => x.reshape(open ? [shape[0], -1] : target), shape: target, from: samePlace(target, shape) };
  },
  flatten: (draw, shape) => {
    const [start, end] = [integer(draw, 0, shape.length - 1), integer(draw, 0, shape.length - 1)].sort((a, b) => a - b);
    const target = [...shape.slice(0, start), sizeOf(shape.slice(start, end + 1)), ...shape.slice(end + 1)];
    return {
      call: (x) => x.flatten(start - shape.length, end),
      shape: target,
      from: samePlace(target, shape),
    };
  },
  transpose: (draw, shape) => {
    const [a, b] = [axisOf(draw, shape.length), axisOf(draw, shape.length)];
    const swapped = <T>(c: readonly T[]): T[] => {
      const [i, j] = [normal(a, c.length), normal(b, c.length)];
      return c.map((own, axis) => (axis === i ? c[j] : axis === j ? c[i] : own));
    };
    return { call: (x) => x.transpose(a, b), shape: swapped(shape), from: swapped };
  },
  moveAxis: (draw, shape) => {
    const [source, target] = [axisOf(draw, shape.length), axisOf(draw, shape.length)];
    const [from, to] = [normal(source, shape.length), normal(target, shape.length)];
    const back = (c: Coordinates): number[] => inserted(without(c, to), from, c[to]);
    const there = (c: Coordinates): number[] => inserted(without(c, from), to, c[from]);
    return { call: (x) => x.moveAxis(source, target), shape: there(shape), from: back };
  },
  expand: (draw, shape) => {
    const target = [integer(draw, 0, 3), ...shape.map((extent) => (extent === 1 ? integer(draw, 0, 3) : extent))];
    return {
      call: (x) => x.expand([target[0], ...shape.map((e, axis) => (e === 1 ? target[axis + 1] : -1))]),
      shape: target,
      from: (c) => c.slice(1).map((i, axis) => (shape[axis] === 1 ? 0 : i)),
    };
  },
  squeeze: (draw, shape) => {
    const all = flag(draw);
    const dropped = shape.map((extent) => extent === 1 && (all || flag(draw)));
    const axes = shape.map((_, axis) => axis).filter((axis) => dropped[axis]);
    const kept = shape.map((_, axis) => axis).filter((axis) => !dropped[axis]);
    return {
      call: (x) => (all ? x.squeeze() : x.squeeze(axes.map((axis) => axis - shape.length))),
      shape: kept.map((axis) => shape[axis]),
      from: (c) => shape.map((_, axis) => (dropped[axis] ? 0 : c[kept.indexOf(axis)])),
    };
  },
  unsqueeze: (draw, shape) => {
    const axis = axisOf(draw, shape.length + 1);
    const place = normal(axis, shape.length + 1);
    return { call: (x) => x.unsqueeze(axis), shape: inserted(shape, place, 1), from: (c) => without(c, place) };
  },
  slice: (draw, shape) => {
    const axis = integer(draw, 0, shape.length - 1);
    const bound = (): number | null => (flag(draw) ? null : integer(draw, -shape[axis] - 2, shape[axis] + 2));
    const [start, stop, step] = [bound(), bound(), one(draw, [1, 1, 2, 3, -1, -2])];
    // Forwards as JavaScript's own slices; backwards by the definition of a range.
    const places = Array.from({ length: shape[axis] }, (_, i) => i);
    const low = start === null ? null : start < 0 ? start + shape[axis] : start;
    const high = stop === null ? null : stop < 0 ? stop + shape[axis] : stop;
    const chosen =
      step > 0
        ? places.slice(start ?? 0, stop ?? undefined).filter((_, i) => i % step === 0)
        : places
            .reverse()
            .filter((i) => (low === null || i <= low) && (high === null || i > high))
            .filter((_, i) => i % -step === 0);
    return {
      call: (x) => x.slice(axis, start, stop, step),
      shape: extents(shape, axis, () => chosen.length),
      from: (c) => at(c, axis, (i) => chosen[i]),
    };
  },
  narrow: (draw, shape) => {
    const axis = axisOf(draw, shape.length);
    const place = normal(axis, shape.length);
    const length = integer(draw, 0, shape[place]);
    const start = integer(draw, 0, shape[place] - length);
    const given = start > 0 && flag(draw) ? start - shape[place] : start;
    return {
      call: (x) => x.narrow(axis, given, length),
      shape: extents(shape, place, () => length),
      from: (c) => at(c, place, (i) => i + start),
    };
  },
  flip: (draw, shape) => {
    const axes = shape.map((_, axis) => axis).filter(() => flag(draw));
    return {
      call: (x) => x.flip(axes.map((axis) => axis - shape.length)),
      shape,
      from: (c) => c.map((i, axis) => (axes.includes(axis) ? shape[axis] - 1 - i : i)),
    };
  },
  roll: (draw, shape) => {
    const axis = axisOf(draw, shape.length);
    const place = normal(axis, shape.length);
    const shift = integer(draw, -9, 9);
    const extent = shape[place];
    return {
      call: (x) => x.roll(shift, axis),
      shape,
      from: (c) => at(c, place, (i) => (((i - shift) % extent) + extent) % extent),
    };
  },
  "roll of the flattened": (draw, shape) => {
    const shift = integer(draw, -9, 9);
    const size = sizeOf(shape);
    const all = coordinatesOf(shape);
    return {
      call: (x) => x.roll(shift),
      shape,
      from: (c) => all[(((placeOf(c, shape) - shift) % size) + size) % size],
    };
  },
  repeat: (draw, shape) => {
    const counts = [integer(draw, 0, 2), ...shape.map(() => integer(draw, 0, 3))];
    return {
      call: (x) => x.repeat(counts),
      shape: counts.map((count, axis) => count * (axis === 0 ? 1 : shape[axis - 1])),
      from: (c) => c.slice(1).map((i, axis) => i % shape[axis]),
    };
  },
  repeatInterleave: (draw, shape) => {
    const axis = axisOf(draw, shape.length);
    const place = normal(axis, shape.length);
    const same = integer(draw, 0, 3);
    const uniform = flag(draw);
    const counts = Array.from({ length: shape[place] }, () => (uniform ? same : integer(draw, 0, 2)));
    const sources = counts.flatMap((count, i) => new Array<number>(count).fill(i));
    return {
      call: (x) => x.repeatInterleave(uniform ? same : counts, axis),
      shape: extents(shape, place, () => sources.length),
      from: (c) => at(c, place, (i) => sources[i]),
    };
  },
  pad: (draw, shape) => {
    const width = (): number => integer(draw, -1, 2);
    const widths = shape.map((extent): [number, number] => (extent < 2 ? [1, 0] : [width(), width()]));
    const inside = (i: number, axis: number): boolean => i >= 0 && i < shape[axis];
    const value = flag(draw) ? 7 : undefined;
    return {
      call: (x) => x.pad(widths, { value }),
      shape: shape.map((extent, axis) => extent + widths[axis][0] + widths[axis][1]),
      from: (c) => {
        const source = c.map((i, axis) => i - widths[axis][0]);
        return source.every(inside) ? source : null;
      },
      fill: value ?? 0,
    };
  },
  "split and concat": (draw, shape) => {
    const axis = axisOf(draw, shape.length);
    const place = normal(axis, shape.length);
    const cut = integer(draw, 0, shape[place]);
    return {
      call: (x) => concat(x.split([cut, shape[place] - cut], axis).reverse(), axis),
      shape,
      from: (c) => at(c, place, (i) => (i + cut) % shape[place]),
    };
  },
  "chunk, split by size": (draw, shape) => {
    const axis = integer(draw, 0, shape.length - 1);
    const n = integer(draw, 1, 4);
    const size = Math.max(1, Math.ceil(shape[axis] / n));
    const [first, second] = [shape[axis] > 0 ? size : 0, Math.max(0, Math.min(size, shape[axis] - size))];
    const byCount = flag(draw);
    return {
      call: (x) => {
        const pieces = byCount ? x.chunk(n, axis) : x.split(size, axis);
        expect(pieces.length).toBeLessThanOrEqual(n);
        return pieces.length > 1 && second > 0 ? concat([pieces[1], pieces[0]], axis) : pieces[0];
      },
      shape: extents(shape, axis, () => first + second),
      from: (c) => at(c, axis, (i) => (i < second ? first + i : i - second)),
    };
  },
  "unbind and stack": (draw, shape) => {
    const axis = axisOf(draw, shape.length);
    const place = normal(axis, shape.length);
    const few = Math.min(shape[place], 5);
    return {
      call: (x) => {
        const entries = x.slice(axis, 0, few).unbind(axis);
        return few === 0 ? x : stack(entries, place);
      },
      shape: extents(shape, place, () => few),
      from: (c) => c,
    };
  },
};

/** On matrices [..., m, n]. */
const ofMatrices: Readonly<Record<string, Move>> = {
  diagonal: (draw, shape) => {
    const axis1 = integer(draw, 0, shape.length - 1);
    const axis2 = (axis1 + integer(draw, 1, shape.length - 1)) % shape.length;
    const offset = integer(draw, -3, 3);
    const [row, column] = [Math.max(0, -offset), Math.max(0, offset)];
    const length = Math.max(0, Math.min(shape[axis1] - row, shape[axis2] - column));
    const others = shape.map((_, axis) => axis).filter((axis) => axis !== axis1 && axis !== axis2);
    return {
      call: (x) => x.diagonal({ offset, axis1, axis2 }),
      shape: [...others.map((axis) => shape[axis]), length],
      from: (c) => {
        const i = c[c.length - 1];
        return shape.map((_, a) => (a === axis1 ? i + row : a === axis2 ? i + column : c[others.indexOf(a)]));
      },
    };
  },
  "tril and triu": (draw, shape) => {
    const [lower, k] = [flag(draw), integer(draw, -3, 3)];
    return {
      call: (x) => (lower ? x.tril(k) : x.triu(k)),
      shape,
      from: (c) => {
        const [i, j] = c.slice(-2);
        return (lower ? j <= i + k : j >= i + k) ? c : null;
      },
    };
  },
};

describe("against index arithmetic, ranks 1 to 6, empty axes included", () => {
  beforeAll(() => {
    setDefaultDevice("reference");
  });

  const all = [
    ...Object.entries(moves).map(([name, move]) => ({ name, move, least: 1 })),
    ...Object.entries(ofMatrices).map(([name, move]) => ({ name, move, least: 2 })),
  ];

  it.each(all)("$name", async ({ move, least }) => {
    await fc.assert(
      fc.asyncProperty(fc.gen(), fc.boolean(), async (draw, stored) => {
        const source = rankedShape(draw, least);
        const size = sizeOf(source);
        // Elements are 1, 2, …: read from memory, or computed from their places.
        const values = stored ? tensor(Int32Array.from({ length: size }, (_, i) => i + 1)) : arange(size).add(1);
        const { call, shape, from, fill = 0 } = move(draw, source);
        const result = call(values.reshape(source));
        expect(result.shape).toEqual(shape);
        const expected = coordinatesOf(shape).map((c) => {
          const place = from(c);
          return place ? placeOf(place, source) + 1 : fill;
        });
        expect([...(await result.data())]).toEqual(expected);
      }),
    );
  });
});

it("scalars have views too", async () => {
  setDefaultDevice("reference");
  const x = tensor(3);
  expect(await x.flatten().array()).toEqual([3]);
  expect(await x.squeeze().array()).toEqual(3);
  expect(await x.expand([2, 1]).array()).toEqual([[3], [3]]);
  expect(await x.repeat([2]).array()).toEqual([3, 3]);
  expect(await x.roll(1).array()).toEqual(3);
  expect(await x.pad([], { value: 2 }).array()).toEqual(3);
});

describe("errors", () => {
  const x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  it.each<[string, () => unknown, new (message: string) => Error, RegExp]>([
    ["reshape", () => x.reshape([-1, -1]), ShapeError, /reshape: \[2,3\] .* cannot become \[-1,-1\]/],
    ["flatten", () => x.flatten(1, 0), IndexError, /flatten: axis 1 does not come before 0 in \[2,3\]/],
    ["moveAxis", () => x.moveAxis([0, 0], [0, 1]), IndexError, /moveAxis: axes \[0,0\] of shape \[2,3\]/],
    ["expand", () => x.expand([-1, 2, 3]), ShapeError, /expand: a shape is .* not \[-1,2,3\]/],
    ["expand", () => x.expand([4, 3]), ShapeError, /expand: shapes \[2,3\] and \[4,3\] do not broadcast/],
    ["squeeze", () => x.squeeze(1), ShapeError, /squeeze: axes \[1\] of \[2,3\] do not all have extent 1/],
    ["narrow", () => x.narrow(1, -4, 1), IndexError, /narrow: \[-1, 0\) is outside axis 1 of shape \[2,3\]/],
    ["select", () => x.select(0, 2), IndexError, /select: index 2 is out of range for axis 0 of shape \[2,3\]/],
    ["slice", () => x.slice(0, 0.5), IndexError, /slice: bounds are whole numbers, not 0.5/],
    ["diagonal", () => x.diagonal({ offset: Number.NaN }), IndexError, /diagonal: the offset .* not NaN/],
    ["split", () => x.split(0), IndexError, /split: a size is a whole number ≥ 1, not 0/],
    ["split", () => x.split([1, 3]), ShapeError, /split: sizes \[1,3\] do not add up to axis 0 of shape \[2,3\]/],
    ["chunk", () => x.chunk(Number.NaN), IndexError, /chunk: the number of pieces .* not NaN/],
    ["pad", () => x.pad([[0, 1]]), ShapeError, /pad: .* of \[2,3\] are needed, .* not \[\[0,1\]\]/],
    [
      "pad",
      () =>
        x.pad([
          [-1, -2],
          [0, 0],
        ]),
      ShapeError,
      /pad: .* of \[2,3\] are needed, .* not \[\[-1,-2\],\[0,0\]\]/,
    ],
    ["repeat", () => x.repeat([2]), ShapeError, /repeat: shape \[2,3\] has more axes than the counts \[2\]/],
    ["repeatInterleave", () => x.repeatInterleave([1], 0), ShapeError, /repeatInterleave: 1 counts for axis 0/],
    ["roll", () => x.roll([1, 2], 0), ShapeError, /roll: one whole number for each axis is needed, not \[1,2\]/],
    ["tril", () => tensor([1]).tril(), ShapeError, /tril: matrices \[..., m, n\] are needed, not \[1\]/],
    ["tril", () => x.tril(Number.NaN), IndexError, /tril: diagonal is a whole number, not NaN/],
    ["stack", () => stack([x, tensor([1])]), ShapeError, /stack: shapes \[2,3\] and \[1\] differ/],
    ["concat", () => concat([]), ShapeError, /concat: at least one tensor is needed/],
  ])("%s", (_name, call, kind, message) => {
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});
