import fc from "fast-check";
import { beforeEach, expect, it } from "vitest";
import { Device, parameter, readAll, ShapeError, setDefaultDevice, type Tensor, tensor } from "../index.ts";
import { hvp, jvp, vjp } from "./index.ts";
import "../backends/reference/index.ts";

beforeEach(() => {
  setDefaultDevice(new Device("reference"));
});

const vector = (n: number) => fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: n, maxLength: n });
const float64 = (data: ArrayLike<number>, shape?: number[]) => tensor(Float64Array.from(data), shape ? { shape } : {});

const contents = async (tensors: readonly Tensor[]): Promise<number[][]> =>
  Object.values(await readAll(Object.fromEntries(tensors.entries()))).map(({ data }) => [...data]);

function expectClose(found: readonly number[], expected: readonly number[], tolerance: number): void {
  const scale = Math.max(1, ...expected.map(Math.abs));
  expect(found).toHaveLength(expected.length);
  for (const [i, value] of found.entries())
    expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(tolerance * scale);
}

/** R³ × R³ → R³, with a Jacobian that is easy to write down. */
const f = (x: Tensor, y: Tensor): Tensor => x.mul(y).add(x.sin());

it("vjp and jvp are products with the Jacobian, and transposes of each other", async () => {
  await fc.assert(
    fc.asyncProperty(vector(3), vector(3), vector(3), vector(3), vector(3), async (x, y, u, vx, vy) => {
      const inputs = [float64(x), float64(y)];
      const { output, gradients } = vjp(f, inputs, float64(u));
      const { tangent } = jvp(f, inputs, [float64(vx), float64(vy)]);
      const [value, gx, gy, t] = await contents([output, ...gradients, tangent]);
      expectClose(
        value,
        x.map((a, i) => a * y[i] + Math.sin(a)),
        1e-12,
      );
      expectClose(
        gx,
        x.map((a, i) => u[i] * (y[i] + Math.cos(a))),
        1e-12,
      );
      expectClose(
        gy,
        x.map((a, i) => u[i] * a),
        1e-12,
      );
      expectClose(
        t,
        x.map((a, i) => vx[i] * (y[i] + Math.cos(a)) + vy[i] * a),
        1e-12,
      );
      const dot = (a: number[], b: number[]): number => a.reduce((sum, value_, i) => sum + value_ * b[i], 0);
      expectClose([dot(u, t)], [dot(gx, vx) + dot(gy, vy)], 1e-12);
    }),
    { numRuns: 15, seed: 4 },
  );
});

it("vjp is linear in its vector", async () => {
  await fc.assert(
    fc.asyncProperty(
      vector(3),
      vector(3),
      vector(3),
      fc.double({ min: -2, max: 2, noNaN: true }),
      async (x, u, v, c) => {
        const pull = async (w: readonly number[]): Promise<number[]> =>
          (await contents(vjp((a) => a.softmax().mul(a), [float64(x)], float64(w)).gradients))[0];
        const [a, b, both] = [await pull(u), await pull(v), await pull(u.map((value, i) => value + c * v[i]))];
        expectClose(
          both,
          a.map((value, i) => value + c * b[i]),
          1e-12,
        );
      },
    ),
    { numRuns: 15, seed: 5 },
  );
});

it("hvp of a quadratic form is its matrix: ½ xᵀAx, H = (A + Aᵀ) / 2", async () => {
  await fc.assert(
    fc.asyncProperty(vector(9), vector(3), vector(3), async (a, x, v) => {
      const matrix = float64(a, [3, 3]);
      const form = (y: Tensor): Tensor =>
        y
          .mul(matrix.matmul(y.reshape([3, 1])).reshape([3]))
          .sum()
          .mul(0.5);
      const { products } = hvp(form, [float64(x)], [float64(v)]);
      const expected = [0, 1, 2].map((i) =>
        [0, 1, 2].reduce((sum, j) => sum + ((a[3 * i + j] + a[3 * j + i]) / 2) * v[j], 0),
      );
      expectClose((await contents(products))[0], expected, 1e-12);
    }),
    { numRuns: 15, seed: 6 },
  );
});

it("hvp of Rosenbrock's function is the known Hessian", async () => {
  const rosenbrock = (p: Tensor): Tensor => {
    const [x, y] = [p.select(0, 0), p.select(0, 1)];
    return x.sub(1).square().add(y.sub(x.square()).square().mul(100));
  };
  const [x, y, v] = [1.2, -0.7, [0.3, 2]];
  const { output, products } = hvp(rosenbrock, [float64([x, y])], [float64(v)]);
  expectClose(
    (await contents(products))[0],
    [(2 - 400 * (y - x * x) + 800 * x * x) * v[0] - 400 * x * v[1], -400 * x * v[0] + 200 * v[1]],
    1e-12,
  );
  expectClose([await output.item()], [(x - 1) ** 2 + 100 * (y - x * x) ** 2], 1e-12);
});

it("hvp agrees with central differences of the gradient, for several inputs", async () => {
  const scalar = (x: Tensor, y: Tensor): Tensor => x.mul(y).tanh().mul(x.exp()).sum();
  await fc.assert(
    fc.asyncProperty(vector(2), vector(2), vector(2), vector(2), async (x, y, vx, vy) => {
      const h = 1e-5;
      const gradientAt = (step: number): Promise<number[][]> => {
        const moved = [x.map((a, i) => a + step * vx[i]), y.map((a, i) => a + step * vy[i])];
        return contents(
          vjp(
            scalar,
            moved.map((m) => float64(m)),
            float64([1], []),
          ).gradients,
        );
      };
      const [plus, minus] = [await gradientAt(h), await gradientAt(-h)];
      const found = await contents(hvp(scalar, [float64(x), float64(y)], [float64(vx), float64(vy)]).products);
      for (const i of [0, 1])
        expectClose(
          found[i],
          plus[i].map((p, j) => (p - minus[i][j]) / (2 * h)),
          1e-5,
        );
    }),
    { numRuns: 10, seed: 7 },
  );
});

it("linear functions have no second derivative, constant ones no first", async () => {
  const x = float64([1, 2]);
  expect(await contents(hvp((a) => a.sum(), [x], [x]).products)).toEqual([[0, 0]]);
  expect(await jvp(() => float64([3]), [x], [x]).tangent.array()).toEqual([0]);
  expect(await contents(vjp(() => float64([3]), [x], float64([1])).gradients)).toEqual([[0, 0]]);
});

it("with createGraph the products can be differentiated", async () => {
  const w = parameter(float64([0.5, 2]));
  const { products } = hvp((a) => a.pow(4).sum(), [w], [float64([1, 1])], { createGraph: true });
  products[0].sum().backward();
  expectClose([...((await w.grad?.data()) ?? [])], [24 * 0.5, 24 * 2], 1e-12);
  expect(vjp((a) => a.mul(2), [w], float64([1, 1])).gradients[0].requiresGrad).toBe(false);
});

it("vectors of the wrong shape are named", () => {
  const x = float64([1, 2]);
  expect(() => hvp((a) => a.sum(), [x], [])).toThrow(/hvp: input 0 has shape \[2\], its vector is missing/);
  expect(() => jvp((a) => a, [x], [float64([1])])).toThrow(ShapeError);
  expect(() => vjp((a) => a, [x], float64([1]))).toThrow(ShapeError);
});
