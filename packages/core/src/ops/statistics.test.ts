import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gradcheck } from "../autograd/index.ts";
import {
  ArgumentError,
  Device,
  grad,
  type NormOptions,
  parameter,
  realize,
  setDefaultDevice,
  type Tensor,
  tensor,
  zeros,
} from "../index.ts";
import "../backends/reference/index.ts";

/** Multiples of 1/8: powers of none of them leave the range of float32. */
const numbers = fc.array(
  fc.integer({ min: -80, max: 80 }).map((x) => x / 8),
  { minLength: 2, maxLength: 40 },
);
const orders = [1, 2, 3, 0.5, -1, -2.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, "fro"] as const;

describe.each(["reference", "wasm"])("on %s", (name) => {
  const device = new Device(name, { threads: 2 });
  beforeAll(() => {
    setDefaultDevice(device);
  });
  afterAll(() => device.close());

  async function values(...tensors: Tensor[]): Promise<number[]> {
    await realize(...tensors);
    return Promise.all(tensors.map((x) => x.item()));
  }

  it("the variance does not change with a shift, and grows with the square of a scale", () =>
    fc.assert(
      fc.asyncProperty(numbers, fc.integer({ min: -8, max: 8 }), async (entries, shift) => {
        const x = tensor(entries);
        const [variance, shifted, scaled, deviation] = await values(
          x.var(),
          x.add(shift).var(),
          x.mul(-2).var(),
          x.std(),
        );
        const n = entries.length;
        const mean = entries.reduce((sum, value) => sum + value, 0) / n;
        const wanted = entries.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
        // The mean of up to 40 entries of at most 20 is wrong by up to 40 · 20 · 2⁻²⁴, and so is every deviation.
        const allowed = 2 * 5e-5 * Math.sqrt(wanted) + 5e-5 ** 2 + 1e-5 * wanted;
        for (const value of [variance, shifted, scaled / 4, deviation ** 2]) {
          expect(Math.abs(value - wanted)).toBeLessThanOrEqual(allowed);
        }
      }),
    ));

  it("a norm is |a| times that of x / a, and as its formula says, of any order", () =>
    fc.assert(
      fc.asyncProperty(numbers, fc.constantFrom(...orders), async (entries, ord) => {
        const [norm, scaled] = await values(tensor(entries).norm({ ord }), tensor(entries).mul(-4).norm({ ord }));
        const p = ord === "fro" ? 2 : ord;
        const sizes = entries.map(Math.abs);
        const sum = sizes.reduce((total, size) => total + size ** p, 0);
        const extreme = p > 0 ? Math.max(...sizes) : Math.min(...sizes);
        const wanted = Number.isFinite(p) ? sum ** (1 / p) : extreme;
        expect(Math.abs(norm - wanted)).toBeLessThanOrEqual(1e-5 * wanted);
        expect(Math.abs(scaled - 4 * norm)).toBeLessThanOrEqual(1e-5 * scaled);
      }),
    ));

  it("of one entry and of none: NaN, as in NumPy and PyTorch; integers give floats", async () => {
    expect(await tensor([3]).var().item()).toBeNaN();
    expect(await tensor([3]).std({ correction: 0 }).item()).toBe(0);
    expect(
      await tensor([], { shape: [0] })
        .var()
        .item(),
    ).toBeNaN();
    const ints = tensor(Int32Array.of(2 ** 31 - 1, 2 ** 31 - 1));
    expect([ints.mean().dtype, ints.var().dtype, ints.norm().dtype]).toEqual(["float32", "float32", "float32"]);
    expect(await ints.mean().item()).toBe(2 ** 31);
    expect(await tensor(3).std({ axis: 0, correction: 0 }).item()).toBe(0);
  });
});

describe("gradients", () => {
  beforeAll(() => {
    setDefaultDevice("reference");
  });

  const row = [0.5, -1.5, 0, 2];

  it.each(orders)("of the norm of order %s", async (ord) => {
    // At an entry of 0 only |x|ᵖ with p > 1 has a slope.
    const entries = typeof ord === "number" && ord <= 1 ? row.map((x) => x + 0.25) : row;
    await gradcheck((y) => y.norm({ ord }), [tensor(Float64Array.from(entries))]);
  });

  it.each<NormOptions["ord"]>(orders)("a zero vector's norm of order %s has the gradient 0", async (ord) => {
    const x = parameter(zeros([2, 3]));
    expect(await grad(x.norm({ ord, axis: 1 }).sum(), [x])[0].array()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  it("the standard deviation of equal entries has the gradient 0, and the variance a second derivative", async () => {
    const x = parameter(tensor([2, 2, 2]));
    expect(await grad(x.std(), [x])[0].array()).toEqual([0, 0, 0]);
    const weights = tensor(Float64Array.of(1, -2, 3, 0.5));
    await gradcheck((y) => grad(y.var(), [y], { createGraph: true })[0].mul(weights), [tensor(Float64Array.from(row))]);
    await gradcheck(
      (y) => grad(y.norm(), [y], { createGraph: true })[0].mul(weights),
      [tensor(Float64Array.from(row))],
    );
  });
});

it("an order or correction that is no number is an error at the call", () => {
  expect(() => tensor([1]).norm({ ord: Number.NaN })).toThrow(ArgumentError);
  expect(() => tensor([1]).var({ correction: Number.NaN })).toThrow(/var: the correction is a finite number, not NaN/);
});
