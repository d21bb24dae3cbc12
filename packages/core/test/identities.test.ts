/** Identities of the elementwise ops, on random numbers: float64 on reference, float32 on wasm. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Device, realize, setDefaultDevice, type Tensor, tensor } from "../src/index.ts";
import "../src/backends/reference/index.ts";

const settings = [
  { backend: "reference", dtype: "float64", epsilon: 2 ** -52 },
  { backend: "wasm", dtype: "float32", epsilon: 2 ** -23 },
] as const;

describe.each(settings)("$dtype on $backend", ({ backend, dtype, epsilon }) => {
  const device = new Device(backend, { threads: 2 });
  beforeAll(() => {
    setDefaultDevice(device);
  });
  afterAll(() => device.close());

  const floats = (values: number[]): Tensor => tensor(values, { dtype });
  const numbers = (most: number, least = 0): fc.Arbitrary<number[]> =>
    fc.array(
      fc
        .oneof(fc.double({ min: least, max: most, noNaN: true }), fc.constantFrom(least, most, (least + most) / 2))
        .map((x) => (dtype === "float32" ? Math.fround(x) : x)),
      { minLength: 1, maxLength: 40 },
    );
  const signed = (most: number): fc.Arbitrary<number[]> =>
    fc.tuple(numbers(most), fc.nat()).map(([list, signs]) => list.map((x, i) => ((signs >> (i % 30)) & 1 ? -x : x)));

  /** |left − right| ≤ ulps · ε · scale, element by element. */
  async function equal(left: Tensor, right: Tensor, ulps: number, scale: Tensor = right.abs()): Promise<void> {
    const [a, b, s] = await Promise.all([left.data(), right.data(), scale.data()]);
    for (const [i, x] of a.entries()) {
      if (Object.is(x, b[i])) continue;
      expect(Math.abs(x - b[i]), `element ${i}: ${x} and ${b[i]}`).toBeLessThanOrEqual(ulps * epsilon * s[i] + 1e-44);
    }
  }

  const holds = (
    name: string,
    inputs: fc.Arbitrary<number[]>,
    identity: (x: Tensor, values: number[]) => Promise<void>,
  ): void =>
    it(name, () =>
      fc.assert(
        fc.asyncProperty(inputs, (values) => identity(floats(values), values)),
        { numRuns: 25 },
      ),
    );

  holds("log1p and expm1 are inverse", signed(0.9), async (x) => {
    await equal(x.expm1().log1p(), x, 12);
    await equal(x.log1p().expm1(), x, 24, x.log1p().abs().add(x.abs()));
  });
  holds("exp2 and log2, exp and log are inverse", numbers(1e3, 1e-3), async (x) => {
    await equal(x.log2().exp2(), x, 8, x.mul(x.log2().abs().add(1)));
    await equal(x.log().exp(), x, 8, x.mul(x.log().abs().add(1)));
    await equal(x.log10().mul(Math.log2(10)), x.log2(), 4, x.log2().abs().add(0));
  });
  holds("cosh² − sinh² = 1, sinh + cosh = exp", signed(20), async (x) => {
    await equal(x.cosh().square().sub(x.sinh().square()), x.mul(0).add(1), 16, x.cosh().square());
    await equal(x.cosh().add(x.sinh()), x.exp(), 8, x.cosh());
    await equal(x.sinh().div(x.cosh()), x.tanh(), 12);
  });
  holds("hyperbolic functions and their inverses", signed(10), async (x) => {
    await equal(x.sinh().asinh(), x, 12);
    await equal(x.abs().cosh().acosh(), x.abs(), 12, x.abs().add(x.sinh().reciprocal().abs()).add(1));
    await equal(x.mul(0.1).tanh().atanh(), x.mul(0.1), 20);
  });
  holds("tan and atan, sin and asin, cos and acos are inverse", signed(1.4), async (x) => {
    await equal(x.tan().atan(), x, 8);
    await equal(x.sin().asin(), x, 8, x.cos().reciprocal());
    await equal(x.abs().cos().acos(), x.abs(), 8, x.sin().abs().add(epsilon).reciprocal().add(1));
    await equal(x.sin().div(x.cos()), x.tan(), 1);
    await equal(x.div(2).asin().add(x.div(2).acos()), x.mul(0).add(Math.PI / 2), 4);
  });
  holds("atan2 finds the angle in every quadrant", signed(3.14), async (angle) => {
    for (const radius of [1e-30, 1, 1e30]) {
      await equal(angle.sin().mul(radius).atan2(angle.cos().mul(radius)), angle, 6, angle.mul(0).add(3));
    }
  });
  holds("erf, tanh, sinh, asinh and atan are odd to the bit", signed(5), async (x) => {
    for (const name of ["erf", "tanh", "sinh", "asinh", "atan", "expm1"] as const) {
      const [plus, minus] = await Promise.all([x[name]().data(), x.neg()[name]().data()]);
      if (name === "expm1") expect(Array.from(plus, Math.sign)).toEqual(Array.from(minus, (y) => -Math.sign(y)));
      else expect([...minus]).toEqual(Array.from(plus, (y) => -y));
    }
  });
  holds("sigmoid(x) + sigmoid(−x) = 1, tanh x = 2 sigmoid(2x) − 1", signed(15), async (x) => {
    await equal(x.sigmoid().add(x.neg().sigmoid()), x.mul(0).add(1), 4);
    await equal(x.mul(2).sigmoid().mul(2).sub(1), x.tanh(), 6, x.mul(0).add(1));
  });
  holds("f(x) − f(−x) = x for relu, silu, gelu, softplus, and what is made of them", signed(12), async (x) => {
    for (const name of ["relu", "silu", "gelu", "softplus"] as const) {
      await equal(x[name]().sub(x.neg()[name]()), x, 8, x.abs().add(1));
    }
    const tanhForm = (y: Tensor): Tensor => y.gelu({ approximate: "tanh" });
    await equal(tanhForm(x).sub(tanhForm(x.neg())), x, 8, x.abs().add(1));
    await equal(x.logSigmoid(), x.neg().softplus({ threshold: 1e30 }).neg(), 0);
    await equal(x.mish(), x.mul(x.softplus().tanh()), 0);
    await equal(x.selu(), x.elu({ alpha: 1.6732632423543772 }).mul(1.0507009873554805), 2);
  });
  holds("logaddexp is log(eᵃ + eᵇ), also where that overflows", signed(1e4), async (x, values) => {
    const others = values.map((_, i) => values[(i * 7 + 3) % values.length]);
    const exact = values.map((a, i) => Math.max(a, others[i]) + Math.log1p(Math.exp(-Math.abs(a - others[i]))));
    await equal(x.logaddexp(floats(others)), floats(exact), 4, x.abs().add(1));
  });
  holds(
    "a = b · floorDivide(a, b) + mod(a, b), and the remainder is smaller than b, of its sign",
    signed(4096),
    async (x) => {
      const a = x.mul(8).round().div(8);
      for (const b of [0.125, -0.375, 3, -7.5]) {
        const [quotient, rest] = [a.floorDivide(b), a.mod(b)];
        await realize(a, quotient, rest);
        await equal(quotient.mul(b).add(rest), a, 0);
        expect(
          await rest
            .mul(Math.sign(b))
            .ge(0)
            .logicalAnd(rest.abs().lt(Math.abs(b)))
            .all()
            .item(),
        ).toBe(1);
        await equal(quotient, quotient.round(), 0);
      }
    },
  );
  holds("a remainder is exact whatever the quotient", signed(1e30), async (x, values) => {
    for (const b of [1e-30, 0.3, 7]) {
      const divisor = dtype === "float32" ? Math.fround(b) : b;
      const exact = values.map((a) => a % divisor).map((r) => (r < 0 ? r + divisor : r));
      await equal(x.mod(divisor), floats(exact), 0);
    }
  });
  holds("floor, ceil, trunc and round agree where they must", signed(1e5), async (x) => {
    const [floor, ceil] = [x.floor(), x.ceil()];
    await realize(floor, ceil);
    expect(await floor.le(x).logicalAnd(ceil.ge(x)).logicalAnd(ceil.sub(floor).le(1)).all().item()).toBe(1);
    await equal(x.trunc(), x.sign().mul(x.abs().floor()), 0);
    expect(await x.round().sub(x).abs().le(0.5).all().item()).toBe(1);
    await equal(floor.add(0.5).round().mul(0.5), floor.add(0.5).round().mul(0.5).floor(), 0);
  });
  holds("powers multiply and divide", numbers(30, 0.03), async (x) => {
    await equal(x.pow(1.7).mul(x.pow(-0.7)), x, 8);
    await equal(x.pow(tensor(2.5, { dtype })), x.pow(2.5), 0);
    await equal(x.pow(7), x.pow(3).mul(x.pow(4)), 8);
    await equal(x.pow(3), x.pow(tensor(3, { dtype })), 4);
    await equal(x.log().mul(1.7).exp(), x.pow(1.7), 32);
  });
  holds("what is close is close in both orders, what is equal always", signed(100), async (x) => {
    expect(await x.allClose(x, { rtol: 0, atol: 0 }).item()).toBe(1);
    expect(await x.allClose(x.mul(1 + 1e-6)).item()).toBe(1);
    expect(await x.add(1).isClose(x, { rtol: 1e-5, atol: 0.5 }).any().item()).toBe(0);
  });
});
