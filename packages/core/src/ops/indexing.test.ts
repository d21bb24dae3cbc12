/** Computed places: gathers against plain indexing, scatters by their laws, on random shapes. */
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { axisOf, flag, integer, rankedShape } from "../../test/differential/draw.ts";
import type { Draw } from "../../test/differential/spec.ts";
import { coordinatesOf, placeOf } from "../../test/walk.ts";
import "../backends/reference/index.ts";
import { gradcheck } from "../autograd/index.ts";
import {
  Device,
  DTypeError,
  grad,
  groupBy,
  histogram,
  IndexError,
  ShapeError,
  setDefaultDevice,
  stack,
  type Tensor,
  tensor,
  variable,
  zeros,
} from "../index.ts";
import { sizeOf } from "../plan/view.ts";

const reference = new Device("reference");
const wasm = new Device("wasm", { threads: 2 });
setDefaultDevice(reference);
afterAll(() => Promise.all([reference.close(), wasm.close()]));

const ints = (values: readonly number[], shape: readonly number[]): Tensor =>
  tensor(Int32Array.from(values), { shape });
/** Whole numbers: sums are exact in any order. */
const floats = (values: readonly number[], shape: readonly number[]): Tensor =>
  tensor(Float64Array.from(values), { shape });
const read = async (x: Tensor): Promise<number[]> => [...(await x.data())];

/** A tensor and an index into one of its axes, whose other extents are at most the tensor's. */
interface Places {
  readonly shape: readonly number[];
  readonly axis: number;
  readonly index: { readonly values: readonly number[]; readonly shape: readonly number[] };
  readonly x: readonly number[];
  readonly moved: (c: readonly number[], i: number) => number[];
}

function drawPlaces(draw: Draw): Places {
  const shape = rankedShape(draw).map((extent) => Math.max(1, Math.min(extent, 6)));
  const given = axisOf(draw, shape.length);
  const axis = given < 0 ? given + shape.length : given;
  const indexShape = shape.map((extent, a) => integer(draw, a === axis ? 0 : 1, a === axis ? 40 : extent));
  const size = sizeOf(indexShape);
  const [factor, shift] = [integer(draw, 0, 50), integer(draw, 0, 50)];
  const values = Array.from({ length: size }, (_, i) => (i * factor + shift + (i >> 2)) % shape[axis]);
  return {
    shape,
    axis: given,
    index: { values, shape: indexShape },
    x: Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7 + shift) % 23) - 11),
    moved: (c, i) => c.map((own, a) => (a === axis ? i : own)),
  };
}

const property = (name: string, body: (draw: Draw) => Promise<void>): void =>
  it(name, () => fc.assert(fc.asyncProperty(fc.gen(), body)));

describe("gathers", () => {
  property("gather reads x at the index along the axis", async (draw) => {
    const { shape, axis, index, x, moved } = drawPlaces(draw);
    const y = floats(x, shape).gather(axis, ints(index.values, index.shape));
    expect(y.shape).toEqual(index.shape);
    const expected = coordinatesOf(index.shape).map((c, i) => x[placeOf(moved(c, index.values[i]), shape)]);
    expect(await read(y)).toEqual(expected);
  });

  property("takeAlongAxis broadcasts the other axes of both", async (draw) => {
    const { shape, axis, index, x } = drawPlaces(draw);
    const at = axis < 0 ? axis + shape.length : axis;
    const oneOf = (extents: readonly number[], flags: readonly boolean[]): number[] =>
      extents.map((extent, a) => (a === at || flags[a] ? extent : 1));
    const full = shape.map(() => flag(draw));
    // Of each other axis at least one has the whole extent.
    const source = oneOf(shape, full);
    const target = shape.map((extent, a) => (a === at ? index.shape[at] : !full[a] || flag(draw) ? extent : 1));
    const values = Array.from({ length: sizeOf(target) }, (_, i) => (i * 5) % shape[at]);
    const y = floats(x.slice(0, sizeOf(source)), source).takeAlongAxis(ints(values, target), axis);
    const expected = shape.map((extent, a) => (a === at ? index.shape[at] : extent));
    expect(y.shape).toEqual(expected);
    const clipped = (c: readonly number[], extents: readonly number[]): number[] =>
      c.map((i, a) => (extents[a] === 1 ? 0 : i));
    const wanted = coordinatesOf(expected).map((c) => {
      const place = values[placeOf(clipped(c, target), target)];
      const from = c.map((i, a) => (a === at ? place : source[a] === 1 ? 0 : i));
      return x[placeOf(from, source)];
    });
    expect(await read(y)).toEqual(wanted);
  });

  property("indexSelect picks slices, take rows", async (draw) => {
    const { shape, axis, index, x } = drawPlaces(draw);
    const at = axis < 0 ? axis + shape.length : axis;
    const chosen = index.values.slice(0, 9);
    const y = floats(x, shape).indexSelect(axis, ints(chosen, [chosen.length]));
    const target = shape.map((extent, a) => (a === at ? chosen.length : extent));
    expect(y.shape).toEqual(target);
    const expected = coordinatesOf(target).map(
      (c) =>
        x[
          placeOf(
            c.map((i, a) => (a === at ? chosen[i] : i)),
            shape,
          )
        ],
    );
    expect(await read(y)).toEqual(expected);
    if (at === 0) expect(await read(floats(x, shape).take(ints(chosen, [chosen.length])))).toEqual(expected);
  });
});

describe("scatters", () => {
  property("scatterAdd adds, scatter writes the last one, in row-major order", async (draw) => {
    const { shape, axis, index, x, moved } = drawPlaces(draw);
    // Values may be larger than the index: the rest is not used.
    const larger = index.shape.map((extent) => extent + integer(draw, 0, 1));
    const values = Array.from({ length: sizeOf(larger) }, (_, i) => (i % 19) - 9);
    const [added, written] = [x.slice(), x.slice()];
    for (const [i, c] of coordinatesOf(index.shape).entries()) {
      const [place, value] = [placeOf(moved(c, index.values[i]), shape), values[placeOf(c, larger)]];
      added[place] += value;
      written[place] = value;
    }
    const [target, places] = [floats(x, shape), ints(index.values, index.shape)];
    expect(await read(target.scatterAdd(axis, places, floats(values, larger)))).toEqual(added);
    expect(await read(target.scatter(axis, places, floats(values, larger)))).toEqual(written);
    expect(await read(ints(x, shape).scatter(axis, places, ints(values, larger)))).toEqual(written);
  });

  property("a number goes to every place", async (draw) => {
    const { shape, axis, index, x, moved } = drawPlaces(draw);
    const [added, written] = [x.slice(), x.slice()];
    for (const [i, c] of coordinatesOf(index.shape).entries()) {
      const place = placeOf(moved(c, index.values[i]), shape);
      added[place] += 3;
      written[place] = 3;
    }
    const [target, places] = [floats(x, shape), ints(index.values, index.shape)];
    expect(await read(target.scatterAdd(axis, places, 3))).toEqual(added);
    expect(await read(target.scatter(axis, places, 3))).toEqual(written);
  });

  property("scatter, then gather at distinct places, gives the values back", async (draw) => {
    const { shape, axis, x } = drawPlaces(draw);
    const at = axis < 0 ? axis + shape.length : axis;
    const [extent, shift] = [shape[at], integer(draw, 0, 9)];
    const places = coordinatesOf(shape).map((c) => (c[at] + shift + c.reduce((a, b) => a + b, 0) - c[at]) % extent);
    const index = ints(places, shape);
    const back = zeros(shape, { dtype: "float64" }).scatter(axis, index, floats(x, shape)).gather(axis, index);
    expect(await read(back)).toEqual(x);
  });

  property("scatterAdd is the transpose of gather: ⟨scatterAdd(0, v), x⟩ = ⟨v, gather(x)⟩", async (draw) => {
    const { shape, axis, index, x } = drawPlaces(draw);
    const places = ints(index.values, index.shape);
    const v = Array.from(index.values, (_, i) => (i % 7) - 3);
    const [source, values] = [floats(x, shape), floats(v, index.shape)];
    const left = zeros(shape, { dtype: "float64" }).scatterAdd(axis, places, values).mul(source).sum();
    const right = values.mul(source.gather(axis, places)).sum();
    expect(await left.eq(right).array()).toBe(true);
    // The gradient of gather is that transpose, whether its places are compared or sorted.
    const leaf = variable(source, { requiresGrad: true });
    const [gradient] = grad(leaf.gather(axis, places).mul(values).sum(), [leaf]);
    const expected = zeros(shape, { dtype: "float64" }).scatterAdd(axis, places, values);
    expect(await read(gradient)).toEqual(await read(expected));
  });

  property("indexAdd adds slices, segmentSum rows", async (draw) => {
    const { shape, axis, index, x } = drawPlaces(draw);
    const at = axis < 0 ? axis + shape.length : axis;
    const chosen = index.values.slice(0, 9);
    const from = shape.map((extent, a) => (a === at ? chosen.length : extent));
    const values = Array.from({ length: sizeOf(from) }, (_, i) => (i % 13) - 6);
    const expected = x.slice();
    for (const [i, c] of coordinatesOf(from).entries()) {
      expected[
        placeOf(
          c.map((own, a) => (a === at ? chosen[own] : own)),
          shape,
        )
      ] += values[i];
    }
    const [indices, added] = [ints(chosen, [chosen.length]), floats(values, from)];
    expect(await read(floats(x, shape).indexAdd(axis, indices, added))).toEqual(expected);
    if (at === 0) expect(await read(added.segmentSum(indices, shape[0]).add(floats(x, shape)))).toEqual(expected);
  });

  property("groupBy sorts ids stably, histogram counts them", async (draw) => {
    const groups = integer(draw, 1, 9);
    const ids = Array.from({ length: integer(draw, 0, 50) }, (_, i) => (i * i + 3 * i) % groups);
    const { permutation, offsets } = groupBy(ints(ids, [ids.length]), groups);
    const counts = Array.from({ length: groups }, (_, group) => ids.filter((id) => id === group).length);
    const starts = Array.from({ length: groups + 1 }, (_, group) => ids.filter((id) => id < group).length);
    expect(await read(permutation)).toEqual([...ids.keys()].sort((a, b) => ids[a] - ids[b]));
    expect(await read(offsets)).toEqual(starts);
    expect(await read(histogram(ints(ids, [ids.length]), groups))).toEqual(counts);
  });

  it("gradients, with places that several values go to", async () => {
    const index = ints([1, 1, 0, 2, 1, 1], [2, 3]);
    const [x, v] = [floats([1, -2, 3, 0.5, 0.25, -1], [2, 3]), floats([2, 3, -1, 0.5, 1.5, -0.75], [2, 3])];
    await gradcheck((a, b) => a.scatter(1, index, b).square(), [x, v]);
    await gradcheck((a, b) => a.scatterAdd(1, index, b).square(), [x, v]);
    await gradcheck(
      (a) =>
        a
          .gather(
            1,
            ints(
              [...Array(80).keys()].map((i) => i % 3),
              [2, 40],
            ),
          )
          .square(),
      [x],
    );
  });

  it("a place that is not written keeps x, and its gradient, whatever the values hold", async () => {
    const x = variable(floats([1, 2], [2]), { requiresGrad: true });
    const v = variable(floats([Number.NaN, 5], [2]), { requiresGrad: true });
    const y = x.scatter(0, ints([1, 1], [2]), v);
    const [ofX, ofV] = grad(y.sum(), [x, v]);
    expect(await stack([y, ofX, ofV]).array()).toEqual([
      [1, 5],
      [1, 0],
      [0, 1],
    ]);
  });
});

describe.each([reference, wasm])("computed indices that are out of range on $name", (device) => {
  const far = (): Tensor => ints([0, 1], [2]).mul(7);
  it.each<[string, (x: Tensor) => Tensor]>([
    ["take", (x) => x.take(far())],
    ["gather", (x) => x.gather(0, far())],
    ["scatter", (x) => x.scatter(0, far(), 1)],
    ["scatter", (x) => x.scatterAdd(0, far(), 1)],
    ["segmentSum", (x) => x.slice(0, 0, 2).segmentSum(far(), 3)],
  ])("fail the plan, which names %s", async (name, call) => {
    setDefaultDevice(device);
    await expect(call(tensor([1, 2, 3])).data()).rejects.toThrow(new RegExp(name));
    setDefaultDevice(reference);
  });

  it("also where the place would lie in another row", async () => {
    setDefaultDevice(device);
    const index = ints([0, 1], [2, 1]).mul(3);
    await expect(zeros([2, 3]).scatter(1, index, 1).data()).rejects.toThrow(/scatter/);
    setDefaultDevice(reference);
  });
});

describe("errors", () => {
  const x = floats([1, 2, 3, 4, 5, 6], [2, 3]);
  const index = ints([0, 1], [2, 1]);
  it.each<[string, () => unknown, new (message: string) => Error, RegExp]>([
    ["gather", () => x.gather(1, ints([0, 1, 2], [3, 1])), ShapeError, /gather: index \[3,1\] does not fit \[2,3\]/],
    ["gather", () => x.gather(1, ints([0, 3], [2, 1])), IndexError, /gather: index 3 .* outside \[0, 3\)/],
    ["take", () => x.take(2), IndexError, /take: index 2 is outside \[0, 2\)/],
    ["takeAlongAxis", () => x.takeAlongAxis(ints([0], [1]), 1), ShapeError, /takeAlongAxis: index \[1\].*\[2,3\]/],
    ["takeAlongAxis", () => x.takeAlongAxis(ints([0, 0, 0], [3, 1]), 1), ShapeError, /takeAlongAxis: shapes/],
    ["indexSelect", () => x.indexSelect(0, index), ShapeError, /indexSelect: indices \[k\] are needed, not \[2,1\]/],
    ["indexSelect", () => x.indexSelect(1, ints([-1], [1])), IndexError, /indexSelect: index -1 .* outside \[0, 3\)/],
    ["scatter", () => x.scatter(1, ints([0, 1, 2], [3, 1]), 1), ShapeError, /scatter: index \[3,1\] .* \[2,3\]/],
    ["scatter", () => x.scatter(1, ints([0, 1, 2, 0, 0, 1, 2, 0], [2, 4]), x), ShapeError, /scatter: index \[2,4\]/],
    ["scatter", () => x.scatter(1, index, floats([1], [1, 1])), ShapeError, /scatter: .* values \[1,1\]/],
    ["scatter", () => x.scatter(1, index, ints([1, 2], [2, 1])), DTypeError, /scatter: values are int32, not float64/],
    [
      "scatter",
      () => zeros([2, 0]).scatter(1, index.mul(0), 1),
      IndexError,
      /scatter: there is nothing to index along an extent of 0/,
    ],
    ["scatterAdd", () => ints([1], [1]).scatterAdd(0, ints([0], [1]), 1), DTypeError, /scatterAdd: a float tensor/],
    ["indexAdd", () => x.indexAdd(0, ints([0], [1]), floats([1, 2], [1, 2])), ShapeError, /indexAdd: values \[1,2\]/],
    ["segmentSum", () => x.segmentSum(ints([0, 0, 0], [3]), 2), ShapeError, /segmentSum: .* \[2,3\], \[3\]/],
    ["segmentSum", () => x.segmentSum(ints([0, 0], [2]), 0), IndexError, /segmentSum: the number of groups .* not 0/],
    ["maskedFill", () => x.maskedFill(x, 1), DTypeError, /maskedFill: the mask is bool, not float64/],
    ["maskedFill", () => ints([1], [1]).maskedFill(tensor([true]), 0.5), DTypeError, /maskedFill: 0.5 is no int32/],
  ])("%s", (_name, call, kind, message) => {
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});

it("an index into nothing is an error at the call, also a computed one", () => {
  const zero = tensor(Int32Array.of(0)).add(0);
  expect(() => zeros([0, 3]).take(zero)).toThrow(IndexError);
  expect(() => zeros([2, 0]).indexSelect(1, zero)).toThrow(
    /indexSelect: there is nothing to index along an extent of 0/,
  );
  expect(zeros([0, 3]).take(tensor(new Int32Array(0))).shape).toEqual([0, 3]);
});

it("a number fills a bool tensor as truth", async () => {
  const flags = tensor([true, false]);
  expect(await flags.pad([[1, 0]], { value: 1 }).array()).toEqual([true, true, false]);
  expect(await flags.maskedFill(tensor([false, true]), 1).array()).toEqual([true, true]);
  expect(await flags.scatter(0, tensor(Int32Array.of(0)), 0).array()).toEqual([false, false]);
});
