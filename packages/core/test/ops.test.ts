/** Every op of the table: values as NumPy gives them, the same on both backends, gradients against central differences. */
import { afterAll, describe, expect, it } from "vitest";
import {
  concat,
  Device,
  DTypeError,
  eye,
  full,
  gradcheck,
  groupBy,
  groupedMatmul,
  histogram,
  IndexError,
  type NestedArray,
  oneHot,
  parameter,
  ShapeError,
  scatterAdd,
  setDefaultDevice,
  stack,
  type Tensor,
  type TensorLike,
  tensor,
  variable,
  where,
  withDefaultDtype,
} from "../src/index.ts";
import "../src/backends/reference/index.ts";
import * as methods from "../src/ops/methods.ts";

interface Example {
  /** Float inputs; they are differentiated. */
  readonly inputs: readonly NestedArray[];
  readonly call: (...inputs: TensorLike[]) => Tensor;
  /** What NumPy gives, to six digits. */
  readonly result: NestedArray;
  /** False where the op has no gradient. */
  readonly differentiable?: boolean;
}

const unary = (f: (x: TensorLike) => Tensor, x: NestedArray, result: NestedArray, differentiable = true): Example => ({
  inputs: [x],
  call: f,
  result,
  differentiable,
});

const binary = (
  f: (a: TensorLike, b: TensorLike) => Tensor,
  a: NestedArray,
  b: NestedArray,
  result: NestedArray,
  differentiable = true,
): Example => ({ inputs: [a, b], call: f, result, differentiable });

const int = (...values: number[]): Tensor => tensor(Int32Array.from(values));
const x23 = [
  [0.5, -1.25, 2],
  [3, 0.75, -0.5],
];
const x32 = [
  [1, 2],
  [-1, 0.5],
  [0.25, -3],
];

const examples: Record<keyof typeof methods, readonly Example[]> = {
  abs: [unary(methods.abs, [-2, 0.5], [2, 0.5])],
  add: [
    binary(
      methods.add,
      x23,
      [1, 2, 3],
      [
        [1.5, 0.75, 5],
        [4, 2.75, 2.5],
      ],
    ),
  ],
  all: [unary(methods.all, [1, 0], false, false)],
  any: [unary(methods.any, [1, 0], true, false)],
  argmax: [unary((x) => methods.argmax(x, { axis: 1 }), x23, [2, 0], false)],
  argmin: [unary((x) => methods.argmin(x, { axis: 0 }), x23, [0, 0, 1], false)],
  cast: [unary((x) => methods.cast(x, "int32"), [1.9, -1.9], [1, -1], false)],
  clamp: [unary((x) => methods.clamp(x, { min: -1, max: 1 }), [-2, 0.5, 3], [-1, 0.5, 1])],
  cos: [unary(methods.cos, [0, 1], [1, 0.540302])],
  detach: [unary(methods.detach, [1, 2], [1, 2], false)],
  div: [binary(methods.div, [1, 2, 3], [2, -4, 8], [0.5, -0.5, 0.375])],
  eq: [binary(methods.eq, [1, 2], [1, 3], [true, false], false)],
  exp: [unary(methods.exp, [0, 1, -1], [1, Math.E, 1 / Math.E])],
  expand: [
    unary(
      (x) => methods.expand(x, [2, 2]),
      [1, 2],
      [
        [1, 2],
        [1, 2],
      ],
    ),
  ],
  flip: [
    unary((x) => methods.flip(x, [0, 1]), x23, [
      [-0.5, 0.75, 3],
      [2, -1.25, 0.5],
    ]),
  ],
  floor: [unary(methods.floor, [1.5, -1.5], [1, -2], false)],
  floorDivide: [{ inputs: [], call: () => methods.floorDivide(int(7, -7, 5), int(2, 2, 0)), result: [3, -4, 0] }],
  gather: [
    unary((x) => methods.gather(x, 1, tensor(Int32Array.of(2, 0, 2, 1), { shape: [2, 2] })), x23, [
      [2, 0.5],
      [-0.5, 0.75],
    ]),
  ],
  ge: [binary(methods.ge, [1, 2], [2, 2], [false, true], false)],
  groupedMatmul: [
    binary(
      (x, w) => groupedMatmul(x, w, int(0, 1, 1, 2)),
      x23,
      [
        x32,
        x32,
        [
          [-1, -2],
          [1, -0.5],
          [-0.25, 3],
        ],
      ],
      [
        [2.25, -5.625],
        [-2.125, -7.875],
      ],
    ),
  ],
  gt: [binary(methods.gt, [1, 3], [2, 2], [false, true], false)],
  isFinite: [unary(methods.isFinite, [1, Number.POSITIVE_INFINITY, Number.NaN], [true, false, false], false)],
  le: [binary(methods.le, [1, 3], [2, 2], [true, false], false)],
  log: [unary(methods.log, [1, 2], [0, Math.LN2])],
  logSoftmax: [unary((x) => methods.logSoftmax(x), [[1, 2]], [[-1.313262, -0.313262]])],
  logicalAnd: [binary(methods.logicalAnd, [1, 1, 0], [2, 0, 0], [true, false, false], false)],
  logicalNot: [unary(methods.logicalNot, [1, 0], [false, true], false)],
  logicalOr: [binary(methods.logicalOr, [1, 1, 0], [2, 0, 0], [true, true, false], false)],
  logsumexp: [unary((x) => methods.logsumexp(x, { axis: 1 }), x23, [2.232622, 3.127158])],
  lt: [binary(methods.lt, [1, 3], [2, 2], [true, false], false)],
  matmul: [
    binary(methods.matmul, x23, x32, [
      [2.25, -5.625],
      [2.125, 7.875],
    ]),
    binary(methods.matmul, [x23, x23], x32, [
      [
        [2.25, -5.625],
        [2.125, 7.875],
      ],
      [
        [2.25, -5.625],
        [2.125, 7.875],
      ],
    ]),
    binary(
      methods.matmul,
      [[x23], [x23]],
      [x32, x32],
      [
        [
          [
            [2.25, -5.625],
            [2.125, 7.875],
          ],
          [
            [2.25, -5.625],
            [2.125, 7.875],
          ],
        ],
        [
          [
            [2.25, -5.625],
            [2.125, 7.875],
          ],
          [
            [2.25, -5.625],
            [2.125, 7.875],
          ],
        ],
      ],
    ),
  ],
  max: [unary((x) => methods.max(x, { axis: 1 }), x23, [2, 3])],
  maximum: [binary(methods.maximum, [1, 3], [2, 2], [2, 3])],
  mean: [unary((x) => methods.mean(x, { axis: 0 }), x23, [1.75, -0.25, 0.75])],
  min: [unary((x) => methods.min(x), x23, -1.25)],
  minimum: [binary(methods.minimum, [1, 3], [2, 2], [1, 2])],
  mod: [{ inputs: [], call: () => methods.mod(int(7, -7, 5), int(3, 3, 0)), result: [1, 2, 0] }],
  mul: [
    binary(
      methods.mul,
      x23,
      [[2], [-1]],
      [
        [1, -2.5, 4],
        [-3, -0.75, 0.5],
      ],
    ),
  ],
  narrow: [
    unary((x) => methods.narrow(x, 1, 1, 2), x23, [
      [-1.25, 2],
      [0.75, -0.5],
    ]),
  ],
  ne: [binary(methods.ne, [1, 2], [1, 3], [false, true], false)],
  neg: [unary(methods.neg, [1, -2], [-1, 2])],
  pad: [unary((x) => methods.pad(x, [[1, 2]]), [1, 2], [0, 1, 2, 0, 0])],
  permute: [
    unary((x) => methods.permute(x, [1, 0]), x23, [
      [0.5, 3],
      [-1.25, 0.75],
      [2, -0.5],
    ]),
  ],
  pow: [
    unary((x) => methods.pow(x, 3), [2, -1], [8, -1]),
    unary((x) => methods.pow(x, -0.5), [4, 0.25], [0.5, 2]),
    unary((x) => methods.pow(x, 65), [-1, 1], [-1, 1]),
    unary((x) => methods.pow(x, 1.7), [2, 0.5], [3.24901, 0.307786]),
    unary((x) => methods.pow(x, 0), [2, 0], [1, 1], false),
  ],
  reciprocal: [unary(methods.reciprocal, [2, -0.5], [0.5, -2])],
  relu: [unary(methods.relu, [-1, 2], [0, 2])],
  reshape: [
    unary((x) => methods.reshape(x, [3, -1]), x23, [
      [0.5, -1.25],
      [2, 3],
      [0.75, -0.5],
    ]),
  ],
  rsqrt: [unary(methods.rsqrt, [4, 0.25], [0.5, 2])],
  select: [unary((x) => methods.select(x, 1, -1), x23, [2, -0.5])],
  sigmoid: [unary(methods.sigmoid, [0, 2], [0.5, 0.880797])],
  sign: [unary(methods.sign, [-2, 3], [-1, 1], false)],
  silu: [unary(methods.silu, [0, 2], [0, 1.761594])],
  sin: [unary(methods.sin, [0, 1], [0, 0.841471])],
  slice: [
    unary((x) => methods.slice(x, 1, null, null, 2), x23, [
      [0.5, 2],
      [3, -0.5],
    ]),
    unary((x) => methods.slice(x, 1, -1, null, -2), x23, [
      [2, 0.5],
      [-0.5, 3],
    ]),
  ],
  softmax: [
    unary(
      (x) => methods.softmax(x, { axis: 0 }),
      [
        [0, 1],
        [0, 2],
      ],
      [
        [0.5, 0.268941],
        [0.5, 0.731059],
      ],
    ),
  ],
  split: [
    unary((x) => concat(methods.split(x, [1, 2], 1).reverse(), 1), x23, [
      [-1.25, 2, 0.5],
      [0.75, -0.5, 3],
    ]),
  ],
  sqrt: [unary(methods.sqrt, [4, 0.25], [2, 0.5])],
  square: [unary(methods.square, [2, -0.5], [4, 0.25])],
  squeeze: [unary((x) => methods.squeeze(x, 0), [[1, 2]], [1, 2])],
  sub: [
    binary(
      methods.sub,
      [1, 2],
      [[1], [0.5]],
      [
        [0, 1],
        [0.5, 1.5],
      ],
    ),
  ],
  sum: [
    unary((x) => methods.sum(x), x23, 4.5),
    unary((x) => methods.sum(x, { axis: [0], keepDim: true }), x23, [[3.5, -0.5, 1.5]]),
  ],
  take: [
    unary((x) => methods.take(x, int(2, 0, 2)), x32, [
      [0.25, -3],
      [1, 2],
      [0.25, -3],
    ]),
  ],
  tanh: [unary(methods.tanh, [0, 1], [0, 0.761594])],
  topK: [
    unary((x) => methods.topK(x, 2).values, x23, [
      [2, 0.5],
      [3, 0.75],
    ]),
    unary(
      (x) => methods.topK(x, 2).indices,
      x23,
      [
        [2, 0],
        [0, 1],
      ],
      false,
    ),
  ],
  transpose: [
    unary((x) => methods.transpose(x), x23, [
      [0.5, 3],
      [-1.25, 0.75],
      [2, -0.5],
    ]),
  ],
  unsqueeze: [unary((x) => methods.unsqueeze(x, -1), [1, 2], [[1], [2]])],
};

/** Functions that are no methods. */
const functions: Record<string, readonly Example[]> = {
  where: [
    {
      inputs: [
        [1, 2],
        [3, 4],
      ],
      call: (a, b) => where(tensor([true, false]), a, b),
      result: [1, 4],
    },
  ],
  concat: [{ inputs: [[1, 2], [3]], call: (a, b) => concat([a, b]), result: [1, 2, 3] }],
  stack: [
    {
      inputs: [
        [1, 2],
        [3, 4],
      ],
      call: (a, b) => stack([a, b], 1),
      result: [
        [1, 3],
        [2, 4],
      ],
    },
  ],
  scatterAdd: [
    {
      inputs: [x32],
      call: (v) => scatterAdd(int(1, 1, 3), v, 4),
      result: [
        [0, 0],
        [0, 2.5],
        [0, 0],
        [0.25, -3],
      ],
    },
  ],
  oneHot: [
    {
      inputs: [],
      call: () => oneHot(int(1, 0), 3),
      result: [
        [false, true, false],
        [true, false, false],
      ],
    },
  ],
  histogram: [{ inputs: [], call: () => histogram(int(1, 0, 1), 3), result: [1, 2, 0] }],
  permutation: [{ inputs: [], call: () => groupBy(int(2, 0, 2, 1), 3).permutation, result: [1, 3, 0, 2] }],
  offsets: [{ inputs: [], call: () => groupBy(int(2, 0, 2, 0), 4).offsets, result: [0, 2, 2, 4, 4] }],
  eye: [
    {
      inputs: [],
      call: () => eye(2),
      result: [
        [1, 0],
        [0, 1],
      ],
    },
  ],
  full: [{ inputs: [], call: () => full([2], 3.5), result: [3.5, 3.5] }],
};

const all = [...Object.entries(examples), ...Object.entries(functions)].flatMap(([name, list]) =>
  list.map((example, i) => ({ name: `${name} ${i}`, example })),
);

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
    expect(() => tensor([1]).add([1] as never)).toThrow(/an operand is a tensor, a variable or a number, not an array/);
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
    expect(() => tensor([1.5], { dtype: "bfloat16" })).toThrow(DTypeError);
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
    ["concat", () => concat([x, tensor([1])]), ShapeError, /concat: \[1\] float32 does not join \[2,3\] float32/],
    ["topK", () => x.topK(4), IndexError, /topK: k = 4 is outside \[1, 3\]/],
    ["take", () => x.take(tensor([0.5])), DTypeError, /take: indices are int32, not float32/],
    ["where", () => where(x, x, x), DTypeError, /where: the condition is bool/],
  ])("%s", (_name, call, kind, message) => {
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});
