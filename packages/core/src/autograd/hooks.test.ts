import fc from "fast-check";
import { beforeEach, expect, it } from "vitest";
import { ArgumentError, checkpoint, Device, grad, parameter, setDefaultDevice, type Tensor, tensor } from "../index.ts";
import "../backends/reference/index.ts";

beforeEach(() => {
  setDefaultDevice(new Device("reference"));
});

it("a variable's hook is called once per backward, with the sum of all that arrives", async () => {
  const w = parameter(tensor([2, 3]));
  const seen: Tensor[] = [];
  const remove = w.registerHook((gradient) => {
    seen.push(gradient.keep());
  });
  const loss = () => w.mul(w).sum().add(w.sum());
  loss().backward();
  loss().backward();
  remove();
  loss().backward();
  expect(await Promise.all(seen.map((gradient) => gradient.array()))).toEqual([
    [5, 7],
    [5, 7],
  ]);
  expect(await w.grad?.array()).toEqual([15, 21]);
});

it("what a hook gives takes the gradient's place, in the order of registration", async () => {
  const w = parameter(tensor([1, -1]));
  w.registerHook((gradient) => gradient.add(1));
  const double = (gradient: Tensor) => gradient.mul(2);
  const remove = w.registerHook(double);
  w.registerHook(double);
  w.mul(3).sum().backward();
  expect(await w.grad?.array()).toEqual([16, 16]);
  remove();
  expect(await grad(w.mul(3).sum(), [w])[0].array()).toEqual([8, 8]);
});

it("a tensor's hook changes what is below it", async () => {
  const w = parameter(tensor([1, 2]));
  const hidden = w.mul(2);
  let calls = 0;
  hidden.registerHook((gradient) => {
    calls++;
    return gradient.clamp({ max: 1 });
  });
  const loss = hidden
    .mul(tensor([0.5, 10]))
    .sum()
    .add(hidden.square().sum().mul(0));
  expect(await grad(loss, [w, hidden]).map((g) => g.array())[0]).toEqual([1, 2]);
  expect(calls).toBe(1);
});

it("a hook that gives its gradient back, or nothing, changes no bit; also under a checkpoint", async () => {
  const body = (x: Tensor, hooked: boolean): Tensor => {
    const hidden = x.sin().mul(x);
    if (hooked) hidden.registerHook((gradient) => gradient);
    return hidden.exp().mul(hidden);
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.float({ min: -2, max: 2, noNaN: true }), { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      async (values, cut) => {
        const gradientOf = async (hooked: boolean): Promise<unknown> => {
          const w = parameter(tensor(values));
          if (hooked) w.registerHook(() => undefined);
          const y = cut ? checkpoint(body, w.read(), hooked) : body(w.read(), hooked);
          y.sum().backward();
          return w.grad?.data();
        };
        expect(await gradientOf(true)).toEqual(await gradientOf(false));
      },
    ),
    { numRuns: 20, seed: 3 },
  );
});

it("a hook inside a checkpoint is called", async () => {
  const w = parameter(tensor([1, 2]));
  checkpoint((x: Tensor) => {
    const hidden = x.mul(2);
    hidden.registerHook((gradient) => gradient.mul(10));
    return hidden.mul(3);
  }, w.read())
    .sum()
    .backward();
  expect(await w.grad?.array()).toEqual([60, 60]);
});

it("what a hook gives is a tensor or a variable", async () => {
  for (const [given, message] of [
    [3, /a hook gave 3, which is no tensor/],
    [Promise.resolve(), /a hook gave a promise/],
    [[tensor([1, 2])], /a hook gave \[.*\], which is no tensor/],
  ] as const) {
    const w = parameter(tensor([1, 2]));
    w.registerHook(() => given as unknown as Tensor);
    expect(() => w.sum().backward()).toThrow(ArgumentError);
    expect(() => w.sum().backward()).toThrow(message);
  }
  const w = parameter(tensor([1, 2]));
  w.registerHook(() => parameter(tensor([7, 8])) as unknown as Tensor);
  w.sum().backward();
  expect(await w.grad?.array()).toEqual([7, 8]);
});

it("hooks are refused where no gradient arrives, and so are gradients of another shape", () => {
  expect(() => tensor([1]).registerHook(() => undefined)).toThrow(ArgumentError);
  const w = parameter(tensor([1, 2]));
  w.registerHook((gradient) => gradient.sum());
  expect(() => w.sum().backward()).toThrow(/registerHook: a hook gave float32 \[\] for a gradient float32 \[2\]/);
});
