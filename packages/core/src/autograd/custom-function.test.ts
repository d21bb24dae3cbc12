import fc from "fast-check";
import { beforeEach, expect, it } from "vitest";
import { explain } from "../device/explain.ts";
import {
  ArgumentError,
  customFunction,
  Device,
  grad,
  parameter,
  ShapeError,
  setDefaultDevice,
  type Tensor,
  tensor,
} from "../index.ts";
import { gradcheck } from "./index.ts";
import "../backends/reference/index.ts";

beforeEach(() => {
  setDefaultDevice(new Device("reference"));
});

const values = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 3, maxLength: 3 });
const float64 = (data: readonly number[]) => tensor(Float64Array.from(data));

it("a straight-through estimator: rounded values, the identity's gradient", async () => {
  const quantize = customFunction({ name: "quantize", forward: (x) => x.floor(), backward: ([g]) => [g] });
  const w = parameter(tensor([0.4, 1.6, -2.5]));
  const y = quantize(w);
  y.mul(tensor([1, 2, 3]))
    .sum()
    .backward();
  expect(await y.array()).toEqual([0, 1, -3]);
  expect(await w.grad?.array()).toEqual([1, 2, 3]);
});

it("its own gradient is the one that is used, and is differentiated in turn", async () => {
  // x³ as a black box, whose forward is built from ops with other derivatives.
  const cube = customFunction({
    name: "cube",
    forward: (x) => x.detach().square().mul(x),
    backward: ([g], { inputs: [x] }) => [g.mul(x.square()).mul(3)],
  });
  await fc.assert(
    fc.asyncProperty(values, async (at) => {
      await gradcheck((x) => cube(x).sum(), [float64(at)]);
      await gradcheck(
        (x) => {
          const own = x.read();
          return grad(cube(own).sum(), [own], { createGraph: true })[0].square().sum();
        },
        [float64(at)],
      );
    }),
    { numRuns: 10, seed: 1 },
  );
});

it("several inputs and outputs, with what the forward saved", async () => {
  const polar = customFunction({
    name: "polar",
    forward: (radius, angle) => {
      const [c, s] = [angle.cos(), angle.sin()];
      return { outputs: [radius.mul(c), radius.mul(s)], saved: [c, s] };
    },
    backward: ([gx, gy], { outputs: [x, y], saved: [c, s] }) => [gx.mul(c).add(gy.mul(s)), gy.mul(x).sub(gx.mul(y))],
  });
  await fc.assert(
    fc.asyncProperty(values, values, async (radii, angles) => {
      const both = [float64(radii), float64(angles)];
      await gradcheck((r, a) => {
        const [x, y] = polar(r, a);
        return x.exp().add(y.square());
      }, both);
      // Only one result is used.
      await gradcheck((r, a) => polar(r, a)[1], both);
    }),
    { numRuns: 8, seed: 2 },
  );
});

it("nothing of the backward is computed where only the forward is asked for", async () => {
  const device = setDefaultDevice(new Device("reference"));
  const f = customFunction({
    name: "f",
    forward: (x) => ({ outputs: x.mul(2), saved: [x.matmul(x).exp()] }),
    backward: ([g], { saved: [s] }) => [g.mul(s)],
  });
  const w = parameter(tensor([[1]]));
  expect(await f(w).item()).toBe(2);
  expect(explain(device)).not.toContain("matmul");
});

it("a backward of the wrong shape is named", () => {
  const f = customFunction({ name: "wrong", forward: (x) => x.mul(2), backward: ([g]) => [g.sum()] });
  const none = customFunction({ name: "none", forward: (x) => x.mul(2), backward: () => [] });
  const w = parameter(tensor([1, 2]));
  expect(() => f(w).sum().backward()).toThrow(ShapeError);
  expect(() => f(w).sum().backward()).toThrow(
    /wrong: backward \(input 0\) gave float32 \[\] for a gradient float32 \[2\]/,
  );
  expect(() => none(w).sum().backward()).toThrow(/none: backward gave 0 gradients for 1 inputs/);
});

it("gradients of 16-bit variables have the dtype in which they compute; 16-bit gradients are widened", async () => {
  for (const dtype of ["bfloat16", "float16"] as const) {
    for (const given of [dtype, "float32"] as const) {
      const f = customFunction({
        name: "f",
        forward: (x) => x.round(),
        backward: ([g]) => [g.mul(3).cast(given)],
      });
      const w = parameter(tensor([1.25, -2]).cast(dtype));
      f(w).sum().backward();
      expect(w.grad?.dtype).toBe("float32");
      expect(await w.grad?.array()).toEqual([3, 3]);
    }
  }
});

it("what is no tensor is named", async () => {
  const w = parameter(tensor([1, 2]));
  const make = (forward: unknown, backward: unknown = undefined) =>
    customFunction<Tensor>({
      name: "f",
      forward: (x) => (forward === "same" ? x : forward) as Tensor,
      backward: ([g]) => (backward === "twice" ? [g, g] : backward) as Tensor[],
    })(w);
  for (const forward of [undefined, null, 3, [3], { outputs: 3, saved: [] }, { outputs: w.read(), saved: null }]) {
    expect(() => make(forward)).toThrow(ArgumentError);
    expect(() => make(forward)).toThrow(/f: forward gave (undefined|null|3), which is no tensor/);
  }
  for (const [backward, message] of [
    [undefined, /f: backward: a list is needed, not undefined/],
    [3, /f: backward: a list is needed, not 3/],
    [[undefined], /f: backward \(input 0\) gave undefined, which is no tensor/],
    [[0], /f: backward \(input 0\) gave 0, which is no tensor/],
    ["twice", /f: backward gave 2 gradients for 1 inputs/],
  ] as const) {
    expect(() => make("same", backward).sum().backward()).toThrow(ArgumentError);
    expect(() => make("same", backward).sum().backward()).toThrow(message);
  }
  expect(await make(w).array()).toEqual([1, 2]);
});
