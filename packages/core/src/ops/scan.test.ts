import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gradcheck } from "../autograd/index.ts";
import {
  Device,
  grad,
  parameter,
  setDefaultDevice,
  type Tensor,
  type TensorLike,
  tensor,
  type Variable,
} from "../index.ts";
import "../backends/reference/index.ts";
import { cumprod, cumsum } from "./scan.ts";

const float64 = (values: number[], shape: number[] = [values.length]): Tensor =>
  tensor(Float64Array.from(values), { shape });

describe.each(["reference", "wasm"])("on %s", (name) => {
  const device = new Device(name, { threads: 2 });
  beforeAll(() => {
    setDefaultDevice(device);
  });
  afterAll(() => device.close());

  it("the last running sum is the sum, within rounding; the order is that of the line in every layout", () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.float({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 }), async (values) => {
        const x = tensor(values);
        const running = await x.cumsum(0).data();
        const sizes = values.reduce((sum, value) => sum + Math.abs(value), 0);
        const allowed = 2 * values.length * 2 ** -24 * sizes;
        expect(Math.abs((running.at(-1) as number) - (await x.sum().item()))).toBeLessThanOrEqual(allowed);
        const step = running.map((value, i) => (i === 0 ? values[0] : Math.fround(running[i - 1] + values[i])) - value);
        expect(step.every((difference) => difference === 0)).toBe(true);
        const column = x.flip(0).unsqueeze(1).expand([values.length, 3]).flip(0).cumsum(0);
        expect(await column.select(1, 2).data()).toEqual(running);
      }),
    ));

  it("integers wrap, truth values are counted, nothing gives nothing", async () => {
    expect(await cumsum(tensor(Int32Array.of(2 ** 31 - 1, 1)), 0).array()).toEqual([2 ** 31 - 1, -(2 ** 31)]);
    expect(await cumprod(tensor(Int32Array.of(65_537, 65_537)), 0).array()).toEqual([65_537, 131_073]);
    expect(await cumsum(tensor([true, false, true]), 0).array()).toEqual([1, 1, 2]);
    expect(await cumprod(tensor([], { shape: [0, 2] }), 0).array()).toEqual([]);
  });
});

describe("with zeros", () => {
  beforeAll(() => {
    setDefaultDevice("reference");
  });

  const lines = fc.array(fc.constantFrom(0, 0, 0.5, -1.5, 2), { minLength: 2, maxLength: 4 });
  const weights = (x: TensorLike, row: number[]): Tensor => float64(row.map((_, i) => ((i * 7) % 5) - 1.5)).mul(x);

  it("the gradients of cumprod and prod are exact, and so are theirs", () =>
    fc.assert(
      fc.asyncProperty(lines, async (row) => {
        for (const f of [(x: Variable) => weights(x.cumprod(-1), row).sum(), (x: Variable) => x.prod()]) {
          await gradcheck(f, [float64(row)]);
          const slope = (x: Variable): Tensor => weights(grad(f(x), [x], { createGraph: true })[0], row);
          await gradcheck(slope, [float64(row)]);
        }
      }),
    ));

  it("prod over several axes: the gradient is the product of the others", async () => {
    const x = parameter(float64([2, 0, 3, 4, 5, 0, 6, 7], [2, 2, 2]));
    const [g] = grad(x.prod({ axis: [0, 2] }).sum(), [x]);
    expect(await g.data()).toEqual(Float64Array.of(0, 0, 168, 126, 0, 0, 84, 72));
    const y = parameter(float64([2, 0, 3, 4, 5, 1, 6, 7], [2, 2, 2]));
    const [h] = grad(y.prod({ axis: [0, 2] }).sum(), [y]);
    expect(await h.data()).toEqual(Float64Array.of(0, 10, 168, 126, 0, 0, 84, 72));
  });
});

it("a missing or wrong axis is an error at the call", () => {
  expect(() => tensor([1]).cumsum(1)).toThrow(/cumsum: axis 1 is out of range for a tensor of rank 1/);
  expect(() => tensor([1]).cumprod(-2)).toThrow(/cumprod: axis -2/);
});
