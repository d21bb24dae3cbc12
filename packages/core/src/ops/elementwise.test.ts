/** Elementwise ops at their edges: special values, gradients there, integers, second derivatives, and what is refused. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { everyExponent } from "../../test/ulps.ts";
import "../backends/reference/index.ts";
import { gradcheck } from "../autograd/index.ts";
import {
  ArgumentError,
  Device,
  DTypeError,
  grad,
  ShapeError,
  setDefaultDevice,
  type Tensor,
  type TensorLike,
  tensor,
  variable,
  withDefaultDtype,
} from "../index.ts";

const { POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minus, NaN: nan } = Number;
const int = (...values: number[]): Tensor => tensor(Int32Array.from(values));

/** The gradient of Σ f(x). */
async function slope(f: (x: Tensor) => Tensor, values: number[]): Promise<number[]> {
  const x = variable(tensor(values), { requiresGrad: true });
  const [gradient] = grad(f(x.read()).sum(), [x]);
  return [...(await gradient.data())];
}

const devices = ["reference", "wasm"].map((name) => new Device(name, { threads: 2 }));
afterAll(async () => {
  for (const device of devices) await device.close();
});

describe.each(devices.map((device) => ({ name: device.name, device })))("on $name", ({ device }) => {
  beforeAll(() => {
    setDefaultDevice(device);
  });

  it("pow has C's edges", async () => {
    const special = [0, -0, 1, -1, 2, -2, 0.5, -0.5, 3, inf, minus, nan];
    const x = special.flatMap((base) => special.map(() => base));
    const y = special.flatMap(() => special);
    const expected = x.map((base, i) => {
      if (base === 1 || (base === -1 && Math.abs(y[i]) === inf)) return 1;
      return Math.fround(base ** y[i]);
    });
    const results = await tensor(x).pow(tensor(y)).data();
    expect([...results]).toEqual(expected);
  });

  it("pow of integers wraps as products do", () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.integer(), { minLength: 1 }), fc.nat(40), async (bases, exponent) => {
        const expected = bases.map((x) => Number(BigInt.asIntN(32, BigInt(x) ** BigInt(exponent))));
        const x = int(...bases);
        expect([...(await x.pow(exponent).data())]).toEqual(expected);
        expect([...(await x.pow(int(exponent)).data())]).toEqual(expected);
      }),
      { numRuns: 15 },
    ));

  it("pow: whole numbers, roots and what is between give the dtype that one expects", async () => {
    expect(int(2).pow(3).dtype).toBe("int32");
    expect(int(2).pow(tensor([1.5])).dtype).toBe("float32");
    expect(await int(4).pow(-1).array()).toEqual([0.25]);
    expect(await int(4).pow(0.5).array()).toEqual([2]);
    expect(await int(3).pow(0).array()).toEqual([1]);
    expect(
      await int(2, -1, 1, 3)
        .pow(int(-1, -3, -2, 0))
        .array(),
    ).toEqual([0, -1, 1, 1]);
    expect(await tensor([true, false]).pow(2).array()).toEqual([1, 0]);
  });

  it("pow has the right gradient at 0 and below", async () => {
    expect(await slope((x) => x.pow(1.5), [0])).toEqual([0]);
    expect(await slope((x) => x.pow(0.25), [0])).toEqual([inf]);
    expect(await slope((x) => x.pow(0), [0, 3])).toEqual([0, 0]);
    expect(await slope((x) => x.pow(5), [0, -1])).toEqual([0, 5]);
    expect(await slope((x) => tensor([0, 0, 2, 0]).pow(x), [0, 2, 1, -1])).toEqual([
      0,
      0,
      Math.fround(2 * Math.LN2),
      minus,
    ]);
    expect(await slope((x) => tensor([-2]).pow(x), [2])).toEqual([nan]);
  });

  it("pow has second derivatives at 0, of constants and of tensors", async () => {
    const curvature = async (f: (x: Tensor) => Tensor, values: number[]): Promise<number[]> =>
      slope((x) => grad(f(x).sum(), [x], { createGraph: true })[0], values);
    expect(await curvature((x) => x.pow(0), [0, -3, 1e-30, inf, nan])).toEqual([0, 0, 0, 0, 0]);
    expect(await curvature((x) => x.pow(tensor([0, 1, 2, 3])), [0, 0, 0, 0])).toEqual([0, 0, 2, 0]);
    expect(await curvature((x) => tensor([0, 0, 1]).pow(x), [0, 2, 3])).toEqual([0, 0, 0]);
  });

  it("mod and floorDivide of floats are NumPy's at the edges", async () => {
    const a = tensor([1, -1, 0, -0, inf, 1, -1, 1, -1, nan, 5e-324, 3e38]);
    const b = tensor([0, 0, 0, 2, 2, inf, inf, minus, minus, 1, 1, 1e-38]);
    expect(await a.mod(b).array()).toEqual([
      nan,
      nan,
      nan,
      0,
      nan,
      1,
      inf,
      minus,
      -1,
      nan,
      0,
      Math.fround(3e38) % Math.fround(1e-38),
    ]);
    expect((await a.floorDivide(b).data()).slice(0, 10)).toEqual(
      Float32Array.of(inf, minus, nan, -0, nan, 0, -1, -1, 0, nan),
    );
  });

  it("clamp: NaN wins, also as a bound; min above max gives max; the gradient goes where the value came from", async () => {
    const x = tensor([-2, 0, 2, nan]);
    expect(await x.clamp({ min: tensor([-1, nan, -1, -1]), max: 1 }).array()).toEqual([-1, nan, 1, nan]);
    expect(await x.clamp({ min: 1, max: -1 }).array()).toEqual([-1, -1, -1, nan]);
    expect(await int(-5, 5).clamp({ min: -1 }).array()).toEqual([-1, 5]);
    expect(await int(-5, 5).clamp({ max: 3 }).array()).toEqual([-5, 3]);
    expect(await slope((y) => y.clamp({ min: -1, max: 1 }), [-2, -1, 0, 1, 2])).toEqual([0, 1, 1, 1, 0]);
    expect(await slope((y) => tensor([-2, 0, 2]).clamp({ min: y }), [-1, -1, 3])).toEqual([1, 0, 1]);
  });

  it("maximum and minimum: equals share the gradient, NaN sends it to both", async () => {
    expect(await slope((x) => x.maximum(tensor([1, 2, 3, nan])), [1, 3, 2, 0])).toEqual([0.5, 1, 0, 1]);
    expect(await slope((x) => x.minimum(tensor([1, 2, 3, nan])), [1, 3, 2, 0])).toEqual([0.5, 0, 1, 1]);
  });

  it("activations stay finite, and their gradients, where their parts overflow", async () => {
    const far = [-1e30, -1000, -200, 200, 1000, 1e30];
    const step = [0, 0, 0, 1, 1, 1];
    for (const name of ["elu", "softplus", "relu", "mish"] as const) {
      expect(await slope((x) => x[name](), far)).toEqual(step);
    }
    expect(await slope((x) => x.logSigmoid(), far)).toEqual(step.map((s) => 1 - s));
    expect(await tensor(far).softplus().array()).toEqual([0, 0, 0, 200, 1000, Math.fround(1e30)]);
    expect(await tensor(far).logSigmoid().array()).toEqual([Math.fround(-1e30), -1000, -200, -0, -0, -0]);
    expect(
      await tensor([1e30, -1e30])
        .logaddexp(tensor([minus, -1e30]))
        .array(),
    ).toEqual([1e30, -1e30].map(Math.fround));
    expect(
      await tensor([inf, minus])
        .logaddexp(tensor([inf, minus]))
        .array(),
    ).toEqual([inf, minus]);
  });

  it("nanToNum, isFinite, isInf, isNaN, also of integers", async () => {
    const x = tensor([nan, inf, minus, 2]);
    const most = (2 - 2 ** -23) * 2 ** 127;
    expect(await x.nanToNum().array()).toEqual([0, most, -most, 2]);
    expect(await x.nanToNum({ nan: 1, posInf: 3, negInf: -3 }).array()).toEqual([1, 3, -3, 2]);
    expect(await slope((y) => y.nanToNum(), [nan, inf, 2])).toEqual([0, 0, 1]);
    for (const [name, result] of [
      ["isFinite", true],
      ["isInf", false],
      ["isNaN", false],
    ] as const) {
      expect(
        await int(2 ** 31 - 1, 0)
          [name]()
          .array(),
      ).toEqual([result, result]);
    }
  });

  it("isClose: infinities of one sign, NaN where asked, int with float", async () => {
    const [a, b] = [tensor([inf, inf, 1, nan, minus]), tensor([inf, minus, inf, nan, minus])];
    expect(await a.isClose(b).array()).toEqual([true, false, false, false, true]);
    expect(await a.isClose(b, { equalNan: true }).array()).toEqual([true, false, false, true, true]);
    expect(
      await int(100, 3)
        .isClose(tensor([100.0005, 4]))
        .array(),
    ).toEqual([true, false]);
    expect(
      await tensor([], { shape: [0] })
        .allClose(1)
        .item(),
    ).toBe(1);
  });

  it("rounding leaves integers alone; round goes to the even neighbour", async () => {
    expect(int(3).floor().dtype).toBe("int32");
    expect(await tensor([0.5, 1.5, -2.5, -0.5]).round().array()).toEqual([0, 2, -2, -0]);
    expect(await tensor([0.125, 0.375]).round({ decimals: 2 }).array()).toEqual([0.12, 0.38].map(Math.fround));
    expect(await slope((x) => x.floor().add(x), [1.5])).toEqual([1]);
  });

  it("lerp is exact at both ends, its weight may be a tensor", async () => {
    const [a, b] = [tensor([0.1, 1e8]), tensor([0.7, -1])];
    expect(await a.lerp(b, 0).array()).toEqual(await a.array());
    expect(await a.lerp(b, 1).array()).toEqual(await b.array());
    expect(await a.lerp(b, tensor([[0.5], [1]])).array()).toEqual([
      [Math.fround(0.4), 49999999.5].map(Math.fround),
      await b.array(),
    ]);
  });

  it("logicalXor of truth values and numbers", async () => {
    expect(
      await tensor([true, true, false])
        .logicalXor(int(2, 0, 0))
        .array(),
    ).toEqual([false, true, false]);
  });
});

it("on wasm an element's bits depend on its operands alone: not on its place, its neighbours or the threads", async () => {
  const single = new Device("wasm", { threads: 0 });
  const x = everyExponent(8).filter((_, i) => i % 3 !== 1);
  const y = x.map((_, i) => x[(i * 7919) % x.length]);
  const binaries = ["pow", "mod", "floorDivide", "atan2", "logaddexp"] as const;
  const unaries = [
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "erf",
    "exp2",
    "tan",
    "sinh",
    "asinh",
    "acosh",
    "gelu",
  ] as const;
  const all = (a: Tensor, b: Tensor): Tensor[] => [
    ...unaries.map((name) => a[name]()),
    ...binaries.map((name) => a[name](b)),
  ];
  const bits = async (results: Tensor[]): Promise<Int32Array[]> =>
    Promise.all(
      results.map(async (r) =>
        new Int32Array((await r.data()).buffer).map((b) => ((b & 0x7fffffff) > 0x7f800000 ? -1 : b)),
      ),
    );
  setDefaultDevice(devices[1]);
  const whole = await bits(all(tensor(x), tensor(y)));
  const shifted = await bits(all(tensor(x.slice(5, 1000)), tensor(y.slice(5, 1000))));
  expect(shifted).toEqual(whole.map((b) => b.slice(5, 1000)));
  setDefaultDevice(single);
  expect(await bits(all(tensor(x), tensor(y)))).toEqual(whole);
  await single.close();
});

describe("second derivatives", () => {
  const at = [0.3, -0.6, 0.45];
  const functions: Record<string, (x: Tensor) => Tensor> = {
    acos: (x) => x.acos(),
    acosh: (x) => x.add(2).acosh(),
    asin: (x) => x.asin(),
    asinh: (x) => x.asinh(),
    atan: (x) => x.atan(),
    atan2: (x) => x.atan2(x.square().add(0.5)),
    atanh: (x) => x.atanh(),
    cosh: (x) => x.cosh(),
    elu: (x) => x.elu({ alpha: 0.7 }),
    erf: (x) => x.erf(),
    exp2: (x) => x.exp2(),
    expm1: (x) => x.expm1(),
    gelu: (x) => x.gelu(),
    "gelu tanh": (x) => x.gelu({ approximate: "tanh" }),
    lerp: (x) => x.lerp(x.square(), x.exp()),
    log10: (x) => x.add(1).log10(),
    log1p: (x) => x.log1p(),
    log2: (x) => x.add(1).log2(),
    logaddexp: (x) => x.logaddexp(x.square()),
    logSigmoid: (x) => x.logSigmoid(),
    mish: (x) => x.mish(),
    pow: (x) => x.add(1).pow(x),
    "pow of a fraction": (x) => x.add(1).pow(2.7),
    "pow of a whole number": (x) => x.pow(6),
    sinh: (x) => x.sinh(),
    softplus: (x) => x.softplus({ beta: 2 }),
    softsign: (x) => x.softsign(),
    tan: (x) => x.tan(),
  };

  it.each(Object.entries(functions))("%s", async (_name, f) => {
    await gradcheck(
      (x) => grad(f(x.read()).sum(), [x], { createGraph: true })[0],
      [withDefaultDtype("float64", () => tensor(at))],
      { tolerance: 1e-5 },
    );
  });
});

describe("errors at the call name the op that was called", () => {
  const x = tensor([[1, 2, 3]]);
  const other = tensor([1, 2]);
  it.each<[string, () => unknown, new (message: string) => Error, RegExp]>([
    ["clamp, shapes", () => x.clamp({ max: other }), ShapeError, /^clamp: shapes \[1,3\] and \[2\] do not broadcast/],
    ["clamp, number", () => int(1).clamp({ min: 0.5 }), DTypeError, /^clamp: 0.5 is no int32, and the tensor is int32/],
    ["clamp, nothing", () => x.clamp({}), ArgumentError, /^clamp: give min, max or both/],
    ["add, number", () => int(1).add(2 ** 40), DTypeError, /^add: 1099511627776 is no int32/],
    ["isClose", () => x.isClose(other), ShapeError, /^isClose: shapes/],
    ["allClose", () => x.allClose(x, { rtol: -1 }), ArgumentError, /^allClose: rtol and atol are numbers ≥ 0, not -1/],
    ["lerp", () => x.lerp(x, other), ShapeError, /^lerp: shapes/],
    ["lerp, dtypes", () => x.lerp(tensor(Float64Array.of(1)), 0.5), DTypeError, /^lerp: float32 with float64/],
    ["pow", () => x.pow(nan), ArgumentError, /^pow: the exponent is a finite number, not NaN/],
    ["pow, shapes", () => x.pow(other), ShapeError, /^pow: shapes/],
    ["round", () => x.round({ decimals: 0.5 }), ArgumentError, /^round: decimals is a whole number, not 0.5/],
    ["gelu", () => x.gelu({ approximate: "erf" as never }), ArgumentError, /^gelu: approximate is "none" or "tanh"/],
    ["logaddexp", () => x.logaddexp(other), ShapeError, /^logaddexp: shapes/],
    ["no tensor", () => x.add("1" as unknown as TensorLike), ArgumentError, /an operand is a tensor/],
  ])("%s", (_name, call, kind, message) => {
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});
