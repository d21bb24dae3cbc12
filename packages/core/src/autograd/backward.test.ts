import { beforeEach, expect, it } from "vitest";
import { explain } from "../device/explain.ts";
import {
  ArgumentError,
  backward,
  customFunction,
  Device,
  grad,
  parameter,
  readAll,
  realize,
  ShapeError,
  setDefaultDevice,
  type Tensor,
  tensor,
  type Variable,
} from "../index.ts";
import "../backends/reference/index.ts";

let device: Device;

beforeEach(() => {
  device = setDefaultDevice(new Device("reference"));
});

const matrix = (seed: number): Variable =>
  parameter(
    tensor(
      Float32Array.from({ length: 9 }, (_, i) => Math.sin(seed + i)),
      { shape: [3, 3] },
    ),
  );

it("gradients of several outputs add up, each weighed by its own", async () => {
  const [a, b] = [parameter(tensor([1, 2])), parameter(tensor([3]))];
  const outputs = [a.mul(b), a.square().sum(), b.mul(7)];
  const [ga, gb] = grad(outputs, [a, b], { gradOutputs: [tensor([1, 10]), null, tensor([2])] });
  expect(await ga.array()).toEqual([3 + 2, 30 + 4]);
  expect(await gb.array()).toEqual([1 + 20 + 14]);
  expect(() => grad(outputs, [a])).toThrow(ShapeError);
  expect(() => grad(outputs, [a], { gradOutputs: [null] })).toThrow(/grad: 1 gradOutputs for 3 outputs/);
});

it("outputs without gradients are passed over, unless all are", async () => {
  const a = parameter(tensor([1, 2]));
  const [gradient] = grad([a.sum(), tensor(3)], [a]);
  expect(await gradient.array()).toEqual([1, 1]);
  expect(() => grad([tensor(3)], [a])).toThrow(ArgumentError);
});

it("the same output twice counts twice", async () => {
  const a = parameter(tensor([1, 2]));
  const loss = a.sum();
  expect(await grad([loss, loss], [a])[0].array()).toEqual([2, 2]);
});

it("an unused input has zeros, or is an error where that is wanted", async () => {
  const [a, b] = [parameter(tensor([1, 2])), parameter(tensor([3]))];
  expect(await grad(a.sum(), [b])[0].array()).toEqual([0]);
  expect(() => grad(a.sum(), [a, b], { allowUnused: false })).toThrow(/grad: no output depends on input 1/);
});

it("backward of several losses is that of their sum, and all of them are kept", async () => {
  const w = matrix(1);
  const losses = (): [Tensor, Tensor] => [w.square().mean(), w.tanh().sum()];
  const [first, second] = losses();
  backward([first, second]);
  const summed = await w.grad?.data();
  expect(await first.item()).toBeGreaterThan(0);
  expect(await second.item()).toBeLessThan(9);
  expect(device.stats().recomputedNodes).toBe(0);
  w.zeroGrad();
  const [a, b] = losses();
  a.add(b).backward();
  const expected = await w.grad?.data();
  for (const [i, value] of (summed ?? []).entries()) expect(value).toBeCloseTo(expected?.[i] as number, 6);
  w.zeroGrad();
  w.mul(2).backward({ gradOutputs: w.read() });
  expect(await w.grad?.array()).toEqual(await w.mul(2).array());
  expect(() => backward([])).toThrow(/backward: at least one output is needed/);
  expect(() => w.mul(2).backward()).toThrow(/backward: the output has shape \[3,3\]/);
});

it("frozen parameters get no gradient, no kernel is made for them, and they thaw", async () => {
  const [first, second] = [matrix(1), matrix(2)];
  const x = tensor([[1, 2, 3]]);
  const step = async (): Promise<{ kernels: number; gradients: boolean[] }> => {
    await realize();
    const before = device.stats().kernelsRun;
    x.matmul(first).tanh().matmul(second).square().sum().backward();
    await realize();
    const gradients = [first, second].map((w) => w.grad !== null);
    for (const w of [first, second]) w.zeroGrad();
    return { kernels: device.stats().kernelsRun - before, gradients };
  };
  const whole = await step();
  first.requiresGrad = false;
  const head = await step();
  expect(head.gradients).toEqual([false, true]);
  // Neither its gradient nor the one on the way to it.
  const products = (text: string): number => text.split("\n\n")[0].match(/ matmul /g)?.length ?? 0;
  expect(products(explain(device))).toBe(3);
  expect(head.kernels).toBeLessThan(whole.kernels);
  first.requiresGrad = true;
  second.requiresGrad = false;
  const tail = await step();
  expect(tail.gradients).toEqual([true, false]);
  expect(tail.kernels).toBeLessThan(whole.kernels);
  second.requiresGrad = true;
  expect(await step()).toEqual(whole);
});

it("grad tells of outputs and inputs that are no tensors", () => {
  const a = parameter(tensor([1, 2]));
  for (const wrong of [null, undefined, "a"] as unknown[] as Tensor[]) {
    expect(() => grad(wrong, [a])).toThrow(ArgumentError);
    expect(() => grad(a.sum(), [wrong])).toThrow(ArgumentError);
  }
});

it("a backward that failed sets no gradient, and can be done again after its value was realized", async () => {
  for (const fail of ["hook", "rule"] as const) {
    let broken = true;
    const once = (at: string): undefined => {
      if (at === fail && broken) throw new Error("once");
    };
    const rule = customFunction({
      name: "rule",
      forward: (x) => x.mul(2),
      backward: ([g]) => {
        once("rule");
        return [g.mul(2)];
      },
    });
    const [a, b] = [parameter(tensor([1, 2])), parameter(tensor([3, 4]))];
    for (const w of [a, b]) w.registerHook(() => (w === b ? once("hook") : undefined));
    const loss = rule(b.square()).mul(a).sum().add(rule(a).mul(b).sum());
    expect(() => loss.backward()).toThrow("once");
    expect([a.grad, b.grad]).toEqual([null, null]);
    await realize(loss);
    broken = false;
    loss.backward();
    expect(await a.grad?.array()).toEqual([24, 40]);
    expect(await b.grad?.array()).toEqual([14, 36]);
  }
});

it("a parameter that is frozen between forward and backward gets no gradient", async () => {
  const [a, b] = [parameter(tensor([1, 2])), parameter(tensor([3, 4]))];
  const loss = a.mul(b).sum();
  a.requiresGrad = false;
  loss.backward();
  expect(a.grad).toBeNull();
  expect(await readAll({ b: b.grad as Variable })).toMatchObject({ b: { data: Float32Array.of(1, 2) } });
});
