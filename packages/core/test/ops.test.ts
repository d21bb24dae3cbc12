/** Every op of the table: values as NumPy gives them, the same on both backends, gradients against central differences. */
import { afterAll, describe, expect, it } from "vitest";
import { gradcheck } from "../src/autograd/index.ts";
import {
  concat,
  Device,
  DTypeError,
  full,
  IndexError,
  type NestedArray,
  parameter,
  ShapeError,
  setDefaultDevice,
  tensor,
  variable,
  where,
  withDefaultDtype,
} from "../src/index.ts";
import "../src/backends/reference/index.ts";
import * as functions from "../src/ops/functions.ts";
import * as methods from "../src/ops/methods.ts";
import { attentions } from "./ops/attention.ts";
import { creation } from "./ops/creation.ts";
import { elementwise } from "./ops/elementwise.ts";
import { type Examples, int, x23 } from "./ops/example.ts";
import { indexing } from "./ops/indexing.ts";
import { order } from "./ops/order.ts";
import { products } from "./ops/products.ts";
import { reductions } from "./ops/reductions.ts";
import { writes } from "./ops/slice-scatter.ts";
import { views } from "./ops/views.ts";

const examples: Examples = {
  ...attentions,
  ...creation,
  ...elementwise,
  ...indexing,
  ...order,
  ...products,
  ...reductions,
  ...views,
  ...writes,
};

const all = Object.entries(examples).flatMap(([name, list]) =>
  list.map((example, i) => ({ name: `${name} ${i}`, example })),
);

it.each(Object.keys({ ...methods, ...functions }))("%s has an example", (name) => {
  expect(examples[name]?.length).toBeGreaterThan(0);
});

function near(actual: NestedArray, expected: NestedArray): void {
  if (typeof expected !== "number") {
    if (!Array.isArray(expected)) expect(actual).toBe(expected);
    else for (const [i, inner] of expected.entries()) near((actual as NestedArray[])[i], inner);
    if (Array.isArray(expected)) expect((actual as NestedArray[]).length).toBe(expected.length);
  } else {
    expect(actual).toBeCloseTo(expected, 5);
  }
}

const devices: Device[] = [];
afterAll(async () => {
  for (const device of devices) await device.close();
});

describe.each(["reference", "wasm"])("on %s", (name) => {
  const device = new Device(name, { threads: 2 });
  devices.push(device);

  it.each(all)("$name", async ({ example }) => {
    setDefaultDevice(device);
    near(await example.call(...example.inputs.map((x) => tensor(x))).array(), example.result);
  });
});

describe("gradients", () => {
  const differentiable = all.filter(({ example }) => example.inputs.length > 0 && example.differentiable !== false);

  it.each(differentiable)("$name", async ({ example }) => {
    await gradcheck(
      (...inputs) => example.call(...inputs),
      example.inputs.map((x) => withDefaultDtype("float64", () => tensor(x))),
    );
  });
});

describe("dtypes (rule 10)", () => {
  it("a number takes the tensor's dtype, and a fraction with integers is an error", async () => {
    const ints = int(1, 2);
    expect(ints.add(1).dtype).toBe("int32");
    expect(() => ints.add(0.5)).toThrow(DTypeError);
    expect(ints.div(2).dtype).toBe("float32");
    expect(await ints.div(2).array()).toEqual([0.5, 1]);
  });

  it("float wins over int and bool, comparisons give bool, float32 with float64 is an error", () => {
    expect(int(1).add(tensor([0.5])).dtype).toBe("float32");
    expect(tensor([true]).mul(int(3)).dtype).toBe("int32");
    expect(int(1).lt(2).dtype).toBe("bool");
    expect(() => tensor([1]).add(tensor(Float64Array.of(1)))).toThrow(/add: float32 with float64/);
  });

  it.each(["reference", "wasm"])("truth values count as 0 and 1 in arithmetic and comparisons on %s", async (name) => {
    setDefaultDevice(devices.find((device) => device.name === name) as Device);
    const [t, f] = [tensor([true]), tensor([false])];
    expect(await t.add(t).array()).toEqual([2]);
    expect(await f.sub(t).array()).toEqual([-1]);
    expect(await t.mul(f).neg().abs().square().array()).toEqual([0]);
    expect(await f.maximum(t).array()).toEqual([1]);
    expect(await f.lt(t).array()).toEqual([true]);
    expect(await t.sign().relu().array()).toEqual([1]);
    expect(await t.isFinite().array()).toEqual([true]);
    expect(await t.eq(f).array()).toEqual([false]);
  });

  it("contents that are no such number are refused", () => {
    expect(() => tensor([2 ** 40], { dtype: "int32" })).toThrow(DTypeError);
    expect(() => tensor([0.5], { dtype: "int32" })).toThrow(DTypeError);
    expect(() => tensor(JSON.parse("[null]"))).toThrow(DTypeError);
    expect(() => parameter(int(1))).toThrow(DTypeError);
    expect(() => full([2], 0.5, { dtype: "int32" })).toThrow(DTypeError);
    expect(() => variable(int(1)).assign(2 ** 31)).toThrow(/2147483648 is no int32/);
    expect(() => tensor([1]).add([1] as never)).toThrow(/an operand is a tensor, a variable or a number, not \[1\]/);
  });

  it("integers wrap at 32 bits", async () => {
    expect(
      await int(2 ** 31 - 1)
        .add(1)
        .item(),
    ).toBe(-(2 ** 31));
    expect(await int(65_537).mul(65_537).item()).toBe(131_073);
  });

  it("empty reductions: sum 0, mean NaN, max an error", async () => {
    const empty = tensor([], { shape: [0] });
    expect(await empty.sum().item()).toBe(0);
    expect(await empty.mean().item()).toBeNaN();
    expect(() => empty.max()).toThrow(ShapeError);
  });

  it("NaN wins in max and argmax", async () => {
    const x = tensor([1, Number.NaN, 3]);
    expect(await x.max().item()).toBeNaN();
    expect(await x.argmax().item()).toBe(1);
  });

  it.each(["reference", "wasm"])("16-bit floats and int8 are storage: they are widened on load on %s", async (name) => {
    setDefaultDevice(devices.find((device) => device.name === name) as Device);
    const bits = tensor(Uint16Array.of(0x3fc0, 0xc000, 0x7f80), { dtype: "bfloat16" });
    expect(await bits.mul(2).array()).toEqual([3, -4, Number.POSITIVE_INFINITY]);
    const halves = tensor(Uint16Array.of(0x3e00, 0x0001), { dtype: "float16" });
    expect(await halves.add(0).array()).toEqual([1.5, 2 ** -24]);
    const bytes = tensor(Int8Array.of(-5, 7));
    expect((await bytes.add(1).data()) instanceof Int32Array).toBe(true);
    expect(
      await bits
        .unsqueeze(0)
        .matmul(tensor([[1], [1], [0]]))
        .array(),
    ).toEqual([[Number.NaN]]);
    const turned = tensor(Uint16Array.of(0x3f80, 0x4000, 0x4040, 0x4080), {
      dtype: "bfloat16",
      shape: [2, 2],
    }).transpose();
    expect(turned.dtype).toBe("float32");
    expect(await turned.array()).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(await turned.mul(2).array()).toEqual([
      [2, 6],
      [4, 8],
    ]);
  });

  it("float64 computes on reference only", async () => {
    setDefaultDevice(devices[1]);
    await expect(tensor(Float64Array.of(1)).mul(2).item()).rejects.toThrow(/wasm.*float64.*reference/);
  });
});

describe("errors at the call name the op and both shapes", () => {
  const x = tensor(x23);
  it.each<[string, () => unknown, new (message: string) => Error, RegExp]>([
    ["add", () => x.add(tensor([1, 2])), ShapeError, /add: shapes \[2,3\] and \[2\] do not broadcast/],
    ["matmul", () => x.matmul(x), ShapeError, /matmul: \[2,3\] × \[2,3\]/],
    ["reshape", () => x.reshape([4, -1]), ShapeError, /reshape: \[2,3\] \(6 elements\) cannot become \[4,-1\]/],
    ["sum", () => x.sum({ axis: 2 }), IndexError, /sum: axis 2 is out of range for a tensor of rank 2/],
    ["concat", () => concat([x, tensor([1])]), ShapeError, /concat: \[1\] does not join \[2,3\]/],
    ["topK", () => x.topK(4), IndexError, /topK: k = 4 is outside \[1, 3\]/],
    ["take", () => x.take(tensor([0.5])), DTypeError, /take: indices are int32, not float32/],
    ["where", () => where(x, x, x), DTypeError, /where: the condition is bool/],
  ])("%s", (_name, call, kind, message) => {
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});
