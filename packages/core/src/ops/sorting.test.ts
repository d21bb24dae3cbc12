import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Device, grad, IndexError, parameter, realize, setDefaultDevice, type Tensor, tensor } from "../index.ts";
import "../backends/reference/index.ts";

const special = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1, 1, 2, 2);
const numbers = {
  float32: fc.oneof(special, fc.float()),
  int32: fc.oneof(fc.constantFrom(0, 1, -1, -(2 ** 31), 2 ** 31 - 1), fc.integer()),
};

/** A tensor of rank 1 to 4, at times empty or turned, with ties, and an axis of it. */
const cases = fc.constantFrom("float32", "int32").chain((dtype) =>
  fc.array(fc.nat(5), { minLength: 1, maxLength: 4 }).chain((shape) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return fc.record({
      dtype: fc.constant(dtype),
      shape: fc.constant(shape),
      axis: fc.integer({ min: -shape.length, max: shape.length - 1 }),
      descending: fc.boolean(),
      turned: fc.boolean(),
      elements: fc.array(numbers[dtype], { minLength: size, maxLength: size }),
    });
  }),
);

/** The lines of tensors along an axis. */
async function lines(axis: number, ...tensors: Tensor[]): Promise<number[][][]> {
  const last = tensors.map((x) => x.moveAxis(axis, -1));
  await realize(...last);
  const flat = await Promise.all(last.map(async (x) => [...(await x.data())]));
  return last.map(({ shape, rank }, i) => {
    const length = shape[rank - 1];
    const count = length === 0 ? 0 : flat[i].length / length;
    return Array.from({ length: count }, (_, line) => flat[i].slice(line * length, (line + 1) * length));
  });
}

/** Whether x comes before y: numbers rise, NaN is behind them all. */
const precedes = (x: number, y: number): boolean => x < y || (!Number.isNaN(x) && Number.isNaN(y));

function places(line: readonly number[], descending: boolean): number[] {
  const before = (i: number, j: number): boolean =>
    descending ? precedes(line[j], line[i]) : precedes(line[i], line[j]);
  return [...line.keys()].sort((i, j) => (before(i, j) ? -1 : before(j, i) ? 1 : i - j));
}

describe.each(["reference", "wasm"])("on %s", (name) => {
  const device = new Device(name, { threads: 2 });
  beforeAll(() => {
    setDefaultDevice(device);
  });
  afterAll(() => device.close());

  it("sort is the stable permutation that orders; NaN is the largest; argsort and topK agree with it", () =>
    fc.assert(
      fc.asyncProperty(cases, async ({ dtype, shape, axis, descending, turned, elements }) => {
        const given = tensor(elements, { shape, dtype });
        const x = turned ? given.transpose(0, -1).flip(0) : given;
        const { values, indices } = x.sort({ axis, descending });
        expect([values.dtype, indices.dtype, values.shape, indices.shape]).toEqual([dtype, "int32", x.shape, x.shape]);
        const extent = x.shape.at(axis) as number;
        const k = Math.ceil(extent / 2);
        const top = extent === 0 ? indices : x.topK(k, { axis, largest: descending }).indices;
        const results = await lines(axis, x, values, indices, x.argsort({ axis, descending }), top);
        const order = results[0].map((line) => places(line, descending));
        const inOrder = results[0].map((line, i) => order[i].map((place) => line[place]));
        const first = order.map((line) => line.slice(0, k));
        expect(results.slice(1)).toEqual([inOrder, order, order, first]);
      }),
    ));

  it("a long row", async () => {
    const data = Float32Array.from({ length: 5000 }, (_, i) => (Math.imul(i, 0x9e3779b1) >> 8) / 2 ** 10);
    expect(await tensor(data).sort().values.data()).toEqual(data.toSorted());
    expect(await tensor(data).topK(3).values.data()).toEqual(data.toSorted().reverse().slice(0, 3));
  });

  it("each entry has the gradient of the place to which it went", async () => {
    const x = parameter(
      tensor([
        [3, 1, 2],
        [1, 1, 0],
      ]),
    );
    const weights = tensor([10, 20, 30]);
    expect(await grad(x.sort().values.mul(weights).sum(), [x])[0].array()).toEqual([
      [30, 10, 20],
      [20, 30, 10],
    ]);
    expect(await grad(x.topK(1, { axis: 0, largest: false }).values.mul(weights).sum(), [x])[0].array()).toEqual([
      [0, 20, 0],
      [10, 0, 30],
    ]);
  });

  it("truth values are sorted; a single value is sorted", async () => {
    const { values, indices } = tensor([true, false, true]).sort();
    await realize(values, indices);
    expect(await values.array()).toEqual([false, true, true]);
    expect(await indices.array()).toEqual([1, 0, 2]);
    expect(await tensor(3).sort({ axis: 0 }).values.item()).toBe(3);
    expect(await tensor(3).topK(1).indices.shape).toEqual([]);
  });
});

it("a wrong axis or k is an error at the call", () => {
  const x = tensor([[1, 2, 3]]);
  expect(() => x.sort({ axis: 2 })).toThrow(/sort: axis 2 is out of range for a tensor of rank 2/);
  expect(() => x.topK(4)).toThrow(/topK: k = 4 is outside \[1, 3\] for axis -1 of shape \[1,3\]/);
  expect(() => x.topK(1.5)).toThrow(IndexError);
  expect(() => x.topK(0)).toThrow(IndexError);
});
